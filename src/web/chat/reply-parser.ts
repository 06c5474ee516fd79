import type { ConversationKind } from "../../protocol/commands.ts";
import type { LiveEvent } from "../../protocol/events.ts";
import type { LiveReply, ThreadMessage } from "../../protocol/replies.ts";

/** A conversation is private, with one other account, or it is a group. */
export type Kind = ConversationKind;

/** One message as `thread` and `inboxgroup` show it. */
export type Row = ThreadMessage;

/** A reply, of a server that may be newer than this page and know more errors. */
export interface Reply extends Omit<LiveReply, "error"> {
  error?: string;
}

export type Frame = { kind: "reply"; reply: Reply } | { kind: "event"; event: LiveEvent } | null;

/** Reads a frame. What is neither a reply nor an event is null: a newer server may say more than this page knows. */
export function frameOf(text: string): Frame {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  if ("status" in value) return { kind: "reply", reply: value as Reply };
  if ("event" in value) return { kind: "event", event: value as LiveEvent };
  return null;
}
