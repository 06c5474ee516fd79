import type { DeliveryState, LiveReply } from "../../protocol/replies.ts";

/** A conversation is private, with one other account, or it is a group. */
export type Kind = "private" | "group";
export type Role = "owner" | "member" | "invited";

/** One message as `thread` and `inboxgroup` show it. */
export interface Row {
  /** Its number in the conversation; grows by one. */
  id: number;
  from: string;
  text: string;
  time: string;
  /** Of own private messages: the number in `sent`, and what became of it. */
  sent?: number;
  state?: DeliveryState;
  reason?: string;
  key?: string;
}

/** A row of `threads`. */
export interface ThreadRow {
  with: string;
  newest: number;
  read: number;
  unread: number;
  last: Row;
}

/** A row of `groups`. */
export interface GroupRow {
  group: string;
  role: Role;
  /** Null where the group's realm cannot tell now, or where I am only invited. */
  newest: number | null;
  read: number;
  unread: number;
}

/** A row of `members`. */
export interface MemberRow {
  user: string;
  role: Role;
  joined: string;
}

/** A reply to a send also says which number the message has in its thread. */
export interface Reply extends Omit<LiveReply, "error" | "delivery"> {
  /** The code of an error; a newer server may know more of them than this page. */
  error?: string;
  delivery?: { id: number; state: DeliveryState; thread?: number };
}

/** What is said unasked on the live socket, as far as the page makes use of it. */
export type Event =
  | { event: "message"; data: { id: number; from: string; text: string; time: string; thread: number } }
  | { event: "group-message"; data: { group: string; id: number; from: string; text: string; time: string } }
  | { event: "sent"; data: SentEvent }
  | { event: "delivery"; data: { id: number; to: string; state: DeliveryState; reason?: string } }
  | { event: "read"; data: { kind: Kind; with: string; id: number } }
  | { event: "membership"; data: { group: string; role: Role | null } }
  | { event: "session-ended"; data: null };

interface SentEvent {
  to: string;
  thread: number;
  id: number;
  text: string;
  time: string;
  state: DeliveryState;
  reason?: string;
  key?: string;
}

export type Frame = { kind: "reply"; reply: Reply } | { kind: "event"; event: Event } | null;

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
  if ("event" in value) return { kind: "event", event: value as Event };
  return null;
}
