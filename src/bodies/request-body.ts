import { limits } from "../limits.ts";
import type { ErrorCode } from "../protocol/error-texts.ts";
import { type Failure, failure, retryableFailure } from "../protocol/replies.ts";
import { type ByteReader, readLimited } from "../storage/read-limited.ts";
import { type BodyRefusal, type BodyShare, bodyBudget } from "./body-budget.ts";

export interface BodyOptions {
  maxBytes: number;
  /** The error for a body of more bytes. */
  tooLarge: Extract<ErrorCode, "body-too-large" | "bulk-too-large">;
  /** The address of the client; null: not known. */
  client: string | null;
}

/** A body in memory. */
export interface RequestBody {
  bytes: Uint8Array;
  /** Must be called when the bytes are no longer needed. */
  release(): void;
}

/** Reads the body of a request within the budget, or says why not. */
export async function readRequestBody(request: Request, options: BodyOptions): Promise<RequestBody | Failure> {
  const { maxBytes, tooLarge, client } = options;
  const declared = declaredBytes(request);
  if (declared !== null && declared > maxBytes) {
    await discardBody(request);
    return failure(tooLarge, { bytes: maxBytes });
  }
  const share = bodyBudget.open(client);
  if (!share.take(declared ?? 0)) {
    await discardBody(request);
    return refusalOf("busy");
  }
  const read = await readInto(share, request, declared, maxBytes);
  if (read instanceof Uint8Array) {
    share.arrived();
    return { bytes: read, release: () => share.release() };
  }
  share.release();
  return read === "too-large" ? failure(tooLarge, { bytes: maxBytes }) : refusalOf(read);
}

/** The answer to a body that is not read to its end. */
export function refusalOf(problem: BodyRefusal | "incomplete"): Failure {
  switch (problem) {
    case "busy":
      return retryableFailure("busy", limits.retrySoonSeconds);
    case "too-slow":
      return failure("body-too-slow");
    case "incomplete":
      return failure("body-incomplete");
  }
}

/**
 * Reads and drops the body of a refused request, for a limited time. A proxy that is still writing when its connection
 * closes would answer 502 and lose the reason. Both hosts drop a short body by themselves, which costs them less. A body that is
 * declared to be very long is not read.
 */
export async function discardBody(request: Request): Promise<void> {
  const bytes = declaredBytes(request) ?? limits.discardMaxBytes;
  if (bytes <= limits.bodyMaxBytes || bytes > limits.discardMaxBytes) return;
  if (!request.body || request.bodyUsed) return;
  await discard(request.body.getReader());
}

/** The Content-Length of a request; null where it has none. */
export function declaredBytes(request: Request): number | null {
  const declared = request.headers.get("content-length");
  return declared === null ? null : Number(declared);
}

type Unread = BodyRefusal | "too-large" | "incomplete";

async function readInto(
  share: BodyShare,
  request: Request,
  declared: number | null,
  maxBytes: number,
): Promise<Uint8Array | Unread> {
  // A body of known length is read in one piece, which is cheaper. A long one is read in parts, so that it can be stopped.
  const reading =
    declared !== null && declared <= limits.bodyMaxBytes
      ? request.arrayBuffer().then((buffer) => new Uint8Array(buffer))
      : readParts(share, request, declared, maxBytes);
  // A body cannot be read for one reason: its client has broken off, which is no error of this program.
  return Promise.race([reading.catch((): Unread => "incomplete"), share.refused]);
}

async function readParts(
  share: BodyShare,
  { body }: Request,
  declared: number | null,
  maxBytes: number,
): Promise<Uint8Array | Unread> {
  if (!body) return new Uint8Array(0);
  const reader = body.getReader();
  // Ends a read that waits for its client. Nobody waits for this.
  share.refused.then(() => reader.cancel()).catch(() => {});
  const bytes = await readLimited(reader, maxBytes, (part) => declared !== null || share.take(part));
  if (bytes) return bytes;
  await discard(reader);
  return "too-large";
}

async function discard(reader: ByteReader): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limits.discardMaxMs);
  });
  // A client that breaks off meanwhile needs no answer.
  await Promise.race([readAway(reader), deadline]).catch(() => {});
  clearTimeout(timer);
  await reader.cancel().catch(() => {});
}

async function readAway(reader: ByteReader): Promise<void> {
  for (let size = 0; size <= limits.discardMaxBytes; ) {
    const { done, value } = await reader.read();
    if (done) return;
    size += value.byteLength;
  }
}
