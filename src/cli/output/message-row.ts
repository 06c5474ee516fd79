import { isObject } from "../client/command-reply.ts";

/** A row of a log, in any of its forms. */
export interface MessageRow {
  id: number;
  from: string;
  text: string;
  time: string;
  /** Of an own message in a conversation. */
  state?: string;
}

/** Whether a row of an untrusted server is a message. Its sender and time go into the environment of commands. */
export function isMessageRow(row: unknown): row is MessageRow {
  if (!isObject(row) || !Number.isSafeInteger(row.id)) return false;
  const isPlain = (text: unknown) => typeof text === "string" && /^[!-~]+$/.test(text);
  return isPlain(row.from) && isPlain(row.time) && typeof row.text === "string";
}
