import type { Delivery } from "../../protocol/replies.ts";
import { replyTerminator } from "../../protocol/replies.ts";

/** A reply of a realm, whatever connection it came over. */
export interface CommandReply {
  ok: boolean;
  data: unknown;
  /** `Error-Code`; null for success, or if the server does not say it. */
  error: string | null;
  /** Null over a connection without HTTP. */
  httpStatus: number | null;
  retryAfterSeconds: number | null;
  delivery: Delivery | null;
  /** The body as it came, with its terminator. */
  text: string;
}

/** The server has answered, but not with a reply. */
export class UnreadableReply extends Error {
  /** The same command may get a reply later: the answer was cut off, or something before the server answered. */
  readonly isTemporary: boolean;

  constructor(reason: string, isTemporary = false) {
    super(reason);
    this.isTemporary = isTemporary;
  }
}

/** The reply is longer than this program accepts. */
export class ReplyTooLong extends UnreadableReply {
  constructor() {
    super("the reply is too long");
  }
}

/** There is no answer. */
export class NoAnswer extends Error {
  /** Whether the server may have got the command. */
  readonly mayHaveArrived: boolean;

  constructor(reason: string, mayHaveArrived: boolean) {
    super(reason);
    this.mayHaveArrived = mayHaveArrived;
  }
}

/** The body of a reply: a JSON object with `status` and `data`, and the terminator. The rest is added by the connection. */
export function parseReplyBody(text: string): Record<string, unknown> & { status: "OK" | "ERROR"; data: unknown } {
  if (!text.endsWith(replyTerminator)) {
    const isCut = text.startsWith('{"status":');
    throw new UnreadableReply(isCut ? "the reply was cut off" : "the answer is not of this protocol", isCut);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new UnreadableReply("the reply is not JSON");
  }
  if (!isObject(json) || (json.status !== "OK" && json.status !== "ERROR") || !("data" in json)) {
    throw new UnreadableReply("the reply has not the members status and data");
  }
  return { ...json, status: json.status, data: json.data };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A delivery of an untrusted server; null if it has not the form of one. */
export function parseDelivery(id: unknown, state: unknown): Delivery | null {
  const number = Number(id);
  if (id === undefined || id === null || !Number.isSafeInteger(number)) return null;
  return state === "delivered" || state === "queued" || state === "failed" ? { id: number, state } : null;
}
