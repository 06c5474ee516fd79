import type { Answer, StreamReply } from "../protocol/replies.ts";

/**
 * An answer on its way from a shard to the Worker, as text. The runtime makes a disposer for every object that RPC returns;
 * these cost a sixth of a short command's time and fill the memory that is collected last. A stream stays a stream.
 */
export type EncodedAnswer = string | StreamReply;

/** Precedes the JSON of data, which then needs no escaping. No JSON object begins with it. */
const dataPrefix = "=";

export function encodeAnswer(answer: Answer): EncodedAnswer {
  switch (answer.kind) {
    case "stream":
      return answer;
    case "data":
      return dataPrefix + answer.json;
    default:
      return JSON.stringify(answer);
  }
}

/** @throws where the text is not of `encodeAnswer` */
export function decodeAnswer(encoded: EncodedAnswer): Answer {
  if (typeof encoded !== "string") return encoded;
  if (encoded.startsWith(dataPrefix)) return { kind: "data", json: encoded.slice(dataPrefix.length) };
  const answer: unknown = JSON.parse(encoded);
  if (!isTextOrFailure(answer)) throw new Error("an answer that cannot be decoded");
  return answer;
}

/** The sender is this program itself, so the tag is enough. */
function isTextOrFailure(value: unknown): value is Answer {
  if (typeof value !== "object" || value === null || !("kind" in value)) return false;
  return value.kind === "text" || value.kind === "failure";
}
