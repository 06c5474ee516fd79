import type { LiveEvent } from "../../protocol/events.ts";
import type { LiveReply } from "../../protocol/replies.ts";
import { type Guard, isNumber, isRecord, isString, oneOf, optional, parseJson, shape } from "./json-guards.ts";
import { isDelivery, isLiveEvent } from "./protocol-guards.ts";

/** A reply whose error code may be one that only a newer server knows. */
export interface Reply extends Omit<LiveReply, "error"> {
  error?: string;
}

const isReply = shape<Reply>({
  status: oneOf("OK", "ERROR"),
  data: (value): value is unknown => value !== undefined,
  error: optional(isString),
  retryAfter: optional(isNumber),
  delivery: optional(isDelivery),
});

/** Stands in for a reply that does not match the protocol. */
export const unreadableReply: Reply = { status: "ERROR", data: "", error: "unreadable-reply" };

export function parseReply(value: unknown): Reply {
  return isReply(value) ? value : unreadableReply;
}

/** @returns null for an error, and for data that does not match the protocol */
export function replyData<T>(reply: Reply, guard: Guard<T>): T | null {
  return reply.status === "OK" && guard(reply.data) ? reply.data : null;
}

export type Frame = { kind: "reply"; reply: Reply } | { kind: "event"; event: LiveEvent } | null;

/** @returns null for frames and events that this page does not know: a newer server may send more kinds */
export function parseFrame(text: string): Frame {
  const value = parseJson(text);
  // Each reply answers the oldest pending command, so an unreadable one must be counted too.
  if (isRecord(value) && "status" in value) return { kind: "reply", reply: parseReply(value) };
  return isLiveEvent(value) ? { kind: "event", event: value } : null;
}
