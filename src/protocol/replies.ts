import { limits } from "../limits.ts";
import { type ErrorCode, errors } from "./errors.ts";
import type { ErrorDetails } from "./grammar.ts";
import type { FullAddress } from "./names.ts";
import { errorText, type Language, type ReplyTextCode, replyText, type TextValues } from "./texts.ts";

/**
 * What a command comes to, before it has a language and a form. It crosses the objects' RPC, so every shape in it is
 * concrete and can be cloned.
 */
export type Answer = TextReply | DataReply | StreamReply | Failure;

/** Nothing to hand back but a sentence. */
export interface TextReply {
  kind: "text";
  textCode: ReplyTextCode;
  values: TextValues;
  delivery?: Delivery;
}
/** An object, or an array short enough to be held. */
export interface DataReply {
  kind: "data";
  /** JSON text of the `data` member. */
  json: string;
}
/** A long page: the whole reply, already framed, so that nobody on its way has to touch the bytes. */
export interface StreamReply {
  kind: "stream";
  body: ReadableStream<Uint8Array>;
}
export interface Failure {
  kind: "failure";
  error: ErrorCode;
  details: ErrorDetails & TextValues;
  /** Seconds; goes out as `Retry-After`. */
  retryAfter?: number;
  delivery?: Delivery;
}

/** The truth about one message. */
export interface Delivery {
  /** Its number among the messages its sender has sent. */
  id: number;
  state: DeliveryState;
  /** The number of a private message in its conversation. */
  thread?: number;
}
export type DeliveryState = "delivered" | "queued" | "failed";

/** One message as a reader sees it. */
export interface Message {
  id: number;
  from: string;
  text: string;
  /** ISO 8601, UTC, milliseconds. */
  time: string;
}

/** One message of a conversation. What stands after `time` is there for one's own. */
export interface ThreadMessage extends Message {
  /** Its number among what one has sent; missing where that was removed since. */
  sent?: number;
  state?: DeliveryState;
  reason?: string;
  key?: string;
}

/** A private conversation, as `threads` shows it. */
export interface ConversationSummary {
  with: string;
  /** The number of its newest message. */
  newest: number;
  /** How far the account has read. */
  read: number;
  /** The other's messages after that, counted to `limits.unreadMax`. */
  unread: number;
  last: ThreadMessage;
}

export type GroupRole = "owner" | "member" | "invited";

/** A group of an account, as `groups` shows it. */
export interface JoinedGroup {
  group: string;
  role: GroupRole;
  /** The number of its newest message; null where that cannot be told now, or is not told to whoever is only invited. */
  newest: number | null;
  read: number;
  /** The others' messages after that, counted to `limits.unreadMax`. */
  unread: number;
}

/** A member, as `members` shows it. */
export interface Member {
  user: FullAddress;
  role: GroupRole;
  joined: string;
}

/** One message as its sender sees it. */
export interface SentMessage {
  id: number;
  kind: "private" | "group";
  to: string;
  text: string;
  time: string;
  state: DeliveryState;
  /** Why it failed; while it is queued, what its link ran into last. */
  reason?: string;
  key?: string;
  /** While it is queued: how often its link has tried in vain since, and when it tries again. */
  tries?: number;
  next?: string;
}

/** Another realm as `realms` shows it. Times are null where there was no contact, or nothing waits. */
export interface RealmReport {
  realm: string;
  state: "healthy" | "unreachable";
  queued: number;
  contact: string | null;
  next: string | null;
  problem: string | null;
}

/** One step of `peertest`. */
export interface PeerTestStep {
  step: "name" | "well-known" | "key" | "clock" | "signature" | "policy" | "echo";
  ok: boolean;
  /** What was found, or what is wrong. */
  detail: string;
  /** Round trip in milliseconds, where the step made one. */
  ms?: number;
}

export function textReply(code: ReplyTextCode, values: TextValues = {}, delivery?: Delivery): TextReply {
  return { kind: "text", textCode: code, values: values, ...(delivery && { delivery }) };
}

/** @param value anything JSON can hold */
export function dataReply(value: object): DataReply {
  return { kind: "data", json: JSON.stringify(value) };
}

export function failure(error: ErrorCode, details: ErrorDetails & TextValues = {}, retryAfter?: number): Failure {
  return { kind: "failure", error, details, ...(retryAfter !== undefined && { retryAfter }) };
}

/** A failure that passes by itself: its text and its `Retry-After` give the same number of seconds. */
export function retryableFailure(error: ErrorCode, seconds: number): Failure {
  return failure(error, { seconds }, seconds);
}

/** Ends every reply; one without it was cut off. */
export const terminator = "\r\n\r\n";
export const replyOpening = '{"status":"OK","data":';
export const replyClosing = `}${terminator}`;

export function frameJson(json: string): string {
  return replyOpening + json + replyClosing;
}

/** The text of an answer that is whole; a stream brings its own frame. */
export function frameReply(answer: Exclude<Answer, StreamReply>, language: Language): string {
  switch (answer.kind) {
    case "text":
      return frameJson(JSON.stringify(replyText(answer.textCode, answer.values, language)));
    case "data":
      return frameJson(answer.json);
    case "failure":
      return `{"status":"ERROR","data":${JSON.stringify(errorText(answer.error, answer.details, language))}${replyClosing}`;
  }
}

/** A reply on a live socket: the same two members, and what HTTP says in headers. */
export interface LiveReply {
  status: "OK" | "ERROR";
  data: unknown;
  /** Header `Error-Code`. */
  error?: ErrorCode;
  /** Header `Retry-After`, in seconds. */
  retryAfter?: number;
  /** Headers `Message-Id` and `Delivery-State`. */
  delivery?: Delivery;
}

/** The text of an answer as a frame. A page that is longer than a frame may be is refused, not cut. */
export async function frameLiveReply(answer: Answer, language: Language): Promise<string> {
  if (answer.kind === "stream") {
    const text = await textOf(answer.body, limits.replyFrameMaxChars);
    return text === null ? frameLiveReply(failure("reply-too-large"), language) : text.slice(0, -terminator.length);
  }
  if (answer.kind !== "data") return JSON.stringify(liveReply(answer, language));
  const isTooLong = answer.json.length > limits.replyFrameMaxChars;
  return isTooLong ? frameLiveReply(failure("reply-too-large"), language) : `${replyOpening}${answer.json}}`;
}

function liveReply(answer: TextReply | Failure, language: Language): LiveReply {
  const { delivery } = answer;
  if (answer.kind === "text") {
    const data = replyText(answer.textCode, answer.values, language);
    return { status: "OK", data, ...(delivery && { delivery }) };
  }
  const { error, details, retryAfter } = answer;
  const data = errorText(error, details, language);
  return { status: "ERROR", data, error, ...(retryAfter && { retryAfter }), ...(delivery && { delivery }) };
}

/** @returns null where there are more than `most` characters; the rest is not read */
async function textOf(body: ReadableStream<Uint8Array>, most: number): Promise<string | null> {
  let text = "";
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    text += decoder.decode(value, { stream: true });
    if (text.length > most) {
      await reader.cancel();
      return null;
    }
  }
}

export function isOk(answer: Answer): boolean {
  return answer.kind !== "failure";
}

/** The HTTP status that mirrors an answer. */
export function httpStatusOf(answer: Answer): number {
  return answer.kind === "failure" ? errors[answer.error][0] : 200;
}
