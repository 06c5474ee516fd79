import { Hono } from "hono";
import { declaredBytes } from "../bodies/request-body.ts";
import { limits } from "../limits.ts";
import { parseCommand } from "../protocol/grammar.ts";
import { type Failure, failure } from "../protocol/replies.ts";
import type { Language } from "../protocol/texts.ts";
import { owningShard } from "../shard-api/realm-context.ts";
import { toSessionCommand } from "../shard-api/session-command.ts";
import type { BulkItem } from "../shard-api/shard-api.ts";
import { bearerOf } from "./bearer-token.ts";
import { readText } from "./request-text.ts";
import { headersFor, requestLanguage, respond } from "./respond.ts";
import { realmContextOfRequest, type WorkerDeps } from "./worker-deps.ts";

/**
 * `POST /commands`: executes one command per line for one session, and streams the replies in the same order. With
 * `Stop-On-Error: 1` the first failure is the last reply.
 */
export const bulkRoute = new Hono<{ Bindings: WorkerDeps }>().post("/", async ({ req: { raw }, env }) => {
  const language = requestLanguage(raw);
  const replies = await execute(raw, env, language);
  if ("error" in replies) return respond(replies, language);
  return new Response(replies, { headers: headersFor(language, "application/x-ndjson") });
});

async function execute(
  request: Request,
  deps: WorkerDeps,
  language: Language,
): Promise<ReadableStream<Uint8Array> | Failure> {
  const context = realmContextOfRequest(deps, request);
  const bearer = bearerOf(request, context.config);
  if (bearer.kind === "none") return failure(bearer.error);
  // The operator has no account.
  if (bearer.kind === "operator") return failure("session-ended");
  const { session } = bearer;
  const shard = () => owningShard(context, session.account);
  // A long body is read only for an account. A short one costs less than this question.
  const isLong = (declaredBytes(request) ?? limits.bulkMaxBytes) > limits.bodyMaxBytes;
  const refusal = isLong ? await shard().checkSession(session) : null;
  if (refusal) return refusal;
  const bulk = { maxBytes: limits.bulkMaxBytes, tooLarge: "bulk-too-large", client: deps.clientOf(request) } as const;
  const text = await readText(request, bulk);
  if (typeof text !== "string") return text;
  const lines = linesOf(text);
  if (lines.length > limits.bulkMaxLines) return failure("too-many-lines", { lines: limits.bulkMaxLines });
  const items = lines.map((line) => toBulkItem(line, language));
  return shard().executeBulk(items, session, language, request.headers.get("stop-on-error") === "1");
}

/** Splits at LF and CRLF. A line end at the end of the text starts no further line. */
function linesOf(text: string): string[] {
  const lines = text.split("\n").map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

function toBulkItem(line: string, language: Language): BulkItem {
  // A UTF-16 code unit takes at most 3 bytes in UTF-8, so short lines need no exact count.
  const isTooLong =
    line.length * 3 > limits.bodyMaxBytes && new TextEncoder().encode(line).length > limits.bodyMaxBytes;
  if (isTooLong) return { answer: failure("body-too-large", { bytes: limits.bodyMaxBytes }) };
  const parsed = parseCommand(line);
  if (!parsed.ok) return { answer: failure(parsed.error, { ...parsed.details }) };
  // A password change takes two hashes of 0.25 s each, too much for up to 1,000 lines in one request.
  if (parsed.command.name === "passwd") return { answer: failure("post-command-only") };
  return toSessionCommand(parsed.command, language);
}
