import type { ConversationKind } from "../../protocol/commands.ts";
import type { DeliveryState, ThreadMessage } from "../../protocol/replies.ts";
import { conversationKey } from "./conversation-key.ts";
import type { FinalState } from "./final-delivery-states.ts";
import { isNumber, isString, nullable, oneOf, optional, parseJson, shape } from "./json-guards.ts";
import type { Reply } from "./reply-parser.ts";

/**
 * A message that the user has written and that is not yet a message of its conversation. A retry after a lost reply uses
 * the same idempotency key, so the server stores the message once.
 */
export interface PendingMessage {
  key: string;
  kind: ConversationKind;
  /** The full address of the recipient or the group. */
  to: string;
  text: string;
  /** ISO 8601, by this device's clock. */
  written: string;
  state: "waiting" | "sending" | DeliveryState;
  /** The newest id of the conversation at the first attempt; the stored message gets a higher one. */
  after: number | null;
  /** Its number in the sent log, if known. */
  sent?: number;
  /** Error code of a failed message. */
  reason?: string;
  /** The server's error text, for codes that the page does not know. */
  sentence?: string;
}

/** In the order of writing. */
export type PendingMessages = readonly PendingMessage[];

const isPendingMessage = shape<PendingMessage>({
  key: isString,
  kind: oneOf("private", "group"),
  to: isString,
  text: isString,
  written: isString,
  state: oneOf("waiting", "sending", "delivered", "queued", "failed"),
  after: nullable(isNumber),
  sent: optional(isNumber),
  reason: optional(isString),
  sentence: optional(isString),
});

/** Reads what the browser has stored for a page that is loaded again. */
export function parsePendingMessages(text: string | null): PendingMessages {
  const stored = parseJson(text ?? "[]");
  return Array.isArray(stored) ? requeueSending(stored.filter(isPendingMessage)) : [];
}

export function addPending(
  pending: PendingMessages,
  message: Pick<PendingMessage, "key" | "kind" | "to" | "text" | "written">,
): PendingMessages {
  return [...pending, { ...message, state: "waiting", after: null }];
}

export function removePending(pending: PendingMessages, key: string): PendingMessages {
  return pending.filter((message) => message.key !== key);
}

/** The messages to send now: the first waiting one of each conversation that has none in flight. */
export function readyToSend(pending: PendingMessages): PendingMessage[] {
  const busy = new Set<string>();
  return pending.filter(({ state, kind, to }) => {
    if (state !== "waiting" && state !== "sending") return false;
    const conversation = conversationKey(kind, to);
    if (busy.has(conversation)) return false;
    busy.add(conversation);
    return state === "waiting";
  });
}

/** @param newest the newest id that the page knows of the conversation */
export function markSending(pending: PendingMessages, key: string, newest: number): PendingMessages {
  return replace(pending, key, (message) => ({ ...message, state: "sending", after: message.after ?? newest }));
}

/** After a loss: messages without a reply, or the one with this key, wait again under the same key. */
export function requeueSending(pending: PendingMessages, only?: string): PendingMessages {
  const isSending = ({ key, state }: PendingMessage) => state === "sending" && (only === undefined || only === key);
  return pending.some(isSending) ? pending.map((each) => (isSending(each) ? waiting(each) : each)) : pending;
}

/** Whether an error is temporary, or about the session, so that the same message can be sent again. */
export function isRetryableReply(reply: Reply): boolean {
  if (reply.status === "OK" || reply.delivery) return false;
  return reply.retryAfter !== undefined || reply.error === "internal" || reply.error === "session-ended";
}

/** @returns `stored` is the message that a pending private one has become */
export function applySendReply(
  pending: PendingMessages,
  key: string,
  reply: Reply,
  ownAddress: string,
): { pending: PendingMessages; stored: ThreadMessage | null } {
  const message = pending.find((each) => each.key === key);
  if (!message) return { pending, stored: null };
  if (isRetryableReply(reply)) return { pending: replace(pending, key, waiting), stored: null };
  const { delivery } = reply;
  const state = delivery?.state ?? (reply.status === "OK" ? "delivered" : "failed");
  const reason = reply.status === "ERROR" ? { reason: reply.error ?? "" } : {};
  if (delivery?.thread === undefined) {
    const sent = delivery && { sent: delivery.id };
    const sentence = reply.status === "ERROR" && { sentence: `${reply.data}` };
    return {
      pending: replace(pending, key, (each) => ({ ...each, state, ...reason, ...sent, ...sentence })),
      stored: null,
    };
  }
  const { text, written: time } = message;
  return {
    pending: removePending(pending, key),
    stored: { id: delivery.thread, from: ownAddress, text, time, key, sent: delivery.id, state, ...reason },
  };
}

/** Removes the private messages that `messages` contains by now; their keys are equal. */
export function removeStoredPrivate(pending: PendingMessages, messages: readonly ThreadMessage[]): PendingMessages {
  if (pending.length === 0) return pending;
  const keys = keysOf(messages);
  // A message in flight stays until its reply, since it holds back the next one of its conversation.
  const left = pending.filter(({ key, state }) => !keys.has(key) || state === "waiting" || state === "sending");
  return left.length < pending.length ? left : pending;
}

/**
 * The keys of messages that are in their conversation by the word of the server. A page of its end that is requested now
 * contains them.
 */
export function storedKeys(pending: PendingMessages, kind: ConversationKind, address: string): Set<string> {
  const stored = pending.filter((message) => message.kind === kind && message.to === address && isStored(message));
  return new Set(stored.map(({ key }) => key));
}

/** A conversation contains also what is queued or has failed; a group contains what was delivered to it. */
function isStored({ kind, state, sent }: PendingMessage): boolean {
  if (kind === "group") return state === "delivered";
  return sent !== undefined && state !== "waiting" && state !== "sending";
}

/**
 * Removes delivered messages to a group whose events have arrived, so that they are not shown twice until the group is
 * loaded. Messages of a group carry no key. A message matches if it has the same sender and text, and an id above the newest
 * one known when the pending message was first sent. What matches nothing is removed by its key, see `storedKeys`.
 */
export function removeStoredInGroup(
  pending: PendingMessages,
  group: string,
  messages: readonly ThreadMessage[],
  ownAddress: string,
): PendingMessages {
  if (pending.length === 0) return pending;
  const own = messages.filter(({ from }) => from === ownAddress);
  const matched = new Set<number>();
  const left = pending.filter(({ kind, to, state, after, text }) => {
    if (kind !== "group" || to !== group || after === null || state !== "delivered") return true;
    const match = own.find((message) => message.id > after && message.text === text && !matched.has(message.id));
    if (match) matched.add(match.id);
    return !match;
  });
  return left.length < pending.length ? left : pending;
}

/** @param sentId number of the message in the sender's sent log */
export function pendingWithFinalState(pending: PendingMessages, sentId: number, final: FinalState): PendingMessages {
  return pending.map((message) =>
    message.sent === sentId && message.state === "queued" ? { ...message, ...final } : message,
  );
}

/** @param newKey for a message that the server has recorded as failed: under the old key it would answer so again */
export function retryFailed(pending: PendingMessages, key: string, newKey: string): PendingMessages {
  return replace(pending, key, ({ reason, sentence, sent, ...message }) => ({
    ...message,
    key: sent === undefined ? key : newKey,
    state: "waiting",
  }));
}

/** The pending messages that the page shows below `messages`. */
export function pendingInConversation(
  pending: PendingMessages,
  kind: ConversationKind,
  address: string,
  messages: readonly ThreadMessage[],
): PendingMessage[] {
  const keys = keysOf(messages);
  return pending.filter((message) => message.kind === kind && message.to === address && !keys.has(message.key));
}

function keysOf(messages: readonly ThreadMessage[]): Set<string> {
  return new Set(messages.flatMap(({ key }) => key ?? []));
}

function waiting(message: PendingMessage): PendingMessage {
  return { ...message, state: "waiting" };
}

function replace(
  pending: PendingMessages,
  key: string,
  change: (message: PendingMessage) => PendingMessage,
): PendingMessages {
  return pending.map((message) => (message.key === key ? change(message) : message));
}
