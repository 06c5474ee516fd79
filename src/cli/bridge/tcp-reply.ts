import { type ErrorCode, errors } from "../../protocol/error-texts.ts";
import { replyTerminator } from "../../protocol/replies.ts";
import { errorText, type Language, type TextValues } from "../../protocol/texts.ts";
import type { CommandReply } from "../client/command-reply.ts";

/** The members of a reply over TCP: those of a reply on a live socket, because there are no headers either. */
export type TcpReply = Record<string, unknown>;

export function tcpReply({ ok, data, error, retryAfterSeconds, delivery }: CommandReply): TcpReply {
  return {
    status: ok ? "OK" : "ERROR",
    data,
    ...(error !== null && { error }),
    ...(retryAfterSeconds !== null && { retryAfter: retryAfterSeconds }),
    ...(delivery && { delivery }),
  };
}

/** A reply of the bridge itself. */
export function ownError(error: ErrorCode, language: Language, values: TextValues = {}): TcpReply {
  const retryAfter = errors[error][0] === 503 ? values.seconds : undefined;
  return { status: "ERROR", data: errorText(error, values, language), error, ...(retryAfter && { retryAfter }) };
}

/** The bytes of a reply: JSON in ASCII, which every old program can read, and the terminator. */
export function encodeReply(reply: TcpReply): Buffer {
  const json = JSON.stringify(reply).replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return Buffer.from(json + replyTerminator, "latin1");
}
