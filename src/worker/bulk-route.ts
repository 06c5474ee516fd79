import { Hono } from "hono";
import { limits } from "../limits.ts";
import { parseCommand } from "../protocol/grammar.ts";
import { failure } from "../protocol/replies.ts";
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
  const text = await readText(raw, limits.bulkMaxBytes, "bulk-too-large");
  if (typeof text !== "string") return respond(text, language);
  const lines = linesOf(text);
  if (lines.length > limits.bulkMaxLines) {
    return respond(failure("too-many-lines", { lines: limits.bulkMaxLines }), language);
  }
  const context = realmContextOfRequest(env, raw);
  const bearer = bearerOf(raw, context.config);
  if (bearer.kind === "none") return respond(failure(bearer.error), language);
  // The operator has no account.
  if (bearer.kind === "operator") return respond(failure("session-ended"), language);
  const { session } = bearer;
  const items = lines.map((line) => toBulkItem(line, language));
  const stopOnError = raw.headers.get("stop-on-error") === "1";
  const replies = await owningShard(context, session.account).executeBulk(items, session, language, stopOnError);
  return new Response(replies, { headers: headersFor(language, "application/x-ndjson") });
});

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
