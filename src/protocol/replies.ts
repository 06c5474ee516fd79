import { limits } from "../limits.ts";
import { type ErrorCode, errors } from "./error-texts.ts";
import type { ErrorDetails } from "./grammar.ts";
import { toJson } from "./json.ts";
import type { FullAddress } from "./names.ts";
import { errorText, type Language, type ReplyTextCode, replyText, type TextValues } from "./texts.ts";

/** The result of a command, without language and format. It crosses RPC between shards, so every type in it can be cloned. */
export type Answer = TextReply | DataReply | StreamReply | Failure;

/** A sentence of success. */
export interface TextReply {
  kind: "text";
  textCode: ReplyTextCode;
  values: TextValues;
  delivery?: Delivery;
}
/** An object, or an array that fits into memory. */
export interface DataReply {
  kind: "data";
  /** JSON text of the `data` member. */
  json: string;
}
/** A long page: the complete reply in its final bytes, which are passed on without parsing. */
export interface StreamReply {
  kind: "stream";
  body: ReadableStream<Uint8Array>;
}
export interface Failure {
  kind: "failure";
  error: ErrorCode;
  details: ErrorDetails & TextValues;
  /** In seconds, for `Retry-After`. */
  retryAfter?: number;
  /** The rate that is exceeded. */
  policy?: RatePolicy;
  delivery?: Delivery;
}

/** The state of one sent message. */
export interface Delivery {
  /** The `Message-Id`. */
  id: number;
  state: DeliveryState;
  /** The number of a private message in its conversation. */
  thread?: number;
}
export type DeliveryState = "delivered" | "queued" | "failed";

/** One message for a reader. */
export interface Message {
  id: number;
  from: string;
  text: string;
  /** ISO 8601, UTC, milliseconds. */
  time: string;
}

/** One message of a conversation. Only own messages have the members below. */
export interface ThreadMessage extends Message {
  /** The `Message-Id`; absent if the log of sent messages has removed the message. */
  sent?: number;
  state?: DeliveryState;
  reason?: string;
  key?: string;
}

/** A private conversation, a row of `threads`. */
export interface ConversationSummary {
  with: string;
  /** Its place in the list: a conversation with a later message has a higher one. */
  position: number;
  /** The id of the newest message. */
  newest: number;
  /** The read marker. */
  read: number;
  /** Messages after `read`. What the account has sent moves `read`, so they are all of the other side. */
  unread: number;
  last: ThreadMessage;
}

export type GroupRole = "owner" | "member" | "invited";

/** A group of an account, a row of `groups`. */
export interface JoinedGroup {
  group: string;
  role: GroupRole;
  /** The id of the newest message; null if it cannot be determined now, or if the account is only invited. */
  newest: number | null;
  read: number;
  /** Messages of others after `read`. What the account has sent moves `read`. */
  unread: number;
}

/** A row of `members`. */
export interface Member {
  user: FullAddress;
  role: GroupRole;
  joined: string;
}

/** One message for its sender, a row of `sent`. */
export interface SentMessage {
  id: number;
  kind: "private" | "group";
  to: string;
  text: string;
  time: string;
  state: DeliveryState;
  /** The error code of a failed message, or the latest delivery problem of a queued one. */
  reason?: string;
  key?: string;
  /** Only while it is queued: failed attempts since then, and the time of the next one. */
  tries?: number;
  next?: string;
}

/** Another realm, a row of `realms`. */
export interface RealmReport {
  realm: string;
  state: "healthy" | "unreachable";
  queued: number;
  /** The last contact; null: none. */
  contact: string | null;
  /** The next attempt; null: none is planned. */
  next: string | null;
  problem: string | null;
}

/** One step of `peertest`. */
export interface PeerTestStep {
  step: "name" | "well-known" | "key" | "clock" | "signature" | "policy" | "echo";
  ok: boolean;
  /** The result, or what is wrong. */
  detail: string;
  /** Round trip in milliseconds, if the step made one. */
  ms?: number;
}

export function textReply(code: ReplyTextCode, values: TextValues = {}, delivery?: Delivery): TextReply {
  return { kind: "text", textCode: code, values, ...(delivery && { delivery }) };
}

/** @param value anything JSON can hold */
export function dataReply(value: object): DataReply {
  return { kind: "data", json: toJson(value) };
}

export function failure(error: ErrorCode, details: ErrorDetails & TextValues = {}, retryAfter?: number): Failure {
  return { kind: "failure", error, details, ...(retryAfter !== undefined && { retryAfter }) };
}

/** A temporary failure. Its text and its `Retry-After` have the same number of seconds. */
export function retryableFailure(error: ErrorCode, seconds: number): Failure {
  return failure(error, { seconds }, seconds);
}

/** A rate of some kind of requests: so many in so many seconds. */
export interface RatePolicy {
  name: "commands" | "logins";
  quota: number;
  windowSeconds: number;
}

/** A temporary failure because a rate is exceeded, which the headers `RateLimit` and `RateLimit-Policy` describe. */
export function rateFailure(error: ErrorCode, seconds: number, policy: RatePolicy): Failure {
  return { ...retryableFailure(error, seconds), policy };
}

/** The end of every reply. A reply without it was cut off. */
export const replyTerminator = "\r\n\r\n";
export const replyOpening = '{"status":"OK","data":';
export const replyClosing = `}${replyTerminator}`;

export function frameJson(json: string): string {
  return replyOpening + json + replyClosing;
}

/** The body of the reply. A stream is framed already. */
export function frameReply(answer: Exclude<Answer, StreamReply>, language: Language): string {
  switch (answer.kind) {
    case "text":
      return frameJson(toJson(replyText(answer.textCode, answer.values, language)));
    case "data":
      return frameJson(answer.json);
    case "failure":
      return `{"status":"ERROR","data":${toJson(errorText(answer.error, answer.details, language))}${replyClosing}`;
  }
}

/** A reply on a live socket: the two members of every reply, and the values of HTTP headers. */
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

/** The reply as a frame. A page that exceeds the limit of a frame is refused, not cut. */
export async function frameLiveReply(answer: Answer, language: Language): Promise<string> {
  if (answer.kind === "stream") {
    const text = await textOf(answer.body, limits.replyFrameMaxBytes);
    return text === null
      ? frameLiveReply(failure("reply-too-large"), language)
      : text.slice(0, -replyTerminator.length);
  }
  if (answer.kind !== "data") return toJson(liveReply(answer, language));
  return isLongerThan(answer.json, limits.replyFrameMaxBytes)
    ? frameLiveReply(failure("reply-too-large"), language)
    : `${replyOpening}${answer.json}}`;
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

/** A UTF-16 code unit takes 1 to 3 bytes in UTF-8, so most texts need not be encoded. */
function isLongerThan(text: string, bytes: number): boolean {
  return text.length > bytes || (text.length * 3 > bytes && new TextEncoder().encode(text).length > bytes);
}

/** @returns null if there are more than `maxBytes` bytes; the rest is not read */
async function textOf(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<string | null> {
  let text = "";
  let bytes = 0;
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > maxBytes) {
      await reader.cancel();
      return null;
    }
    text += decoder.decode(value, { stream: true });
  }
}

export function isSuccess(answer: Answer): boolean {
  return answer.kind !== "failure";
}

/** The HTTP status of an answer. */
export function httpStatusOf(answer: Answer): number {
  return answer.kind === "failure" ? errors[answer.error][0] : 200;
}
