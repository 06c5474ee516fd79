import { Hono } from "hono";
import type { Env } from "../config/config.ts";
import { limits } from "../limits.ts";
import type { UserCommand } from "../protocol/commands.ts";
import { parseCommand } from "../protocol/grammar.ts";
import { failure } from "../protocol/replies.ts";
import type { Language } from "../protocol/texts.ts";
import type { BulkItem } from "../shard/bulk-commands.ts";
import { objectOf } from "../shard-api/realm-context.ts";
import { bearerOf } from "./bearer-token.ts";
import { hostOf } from "./realm-by-host.ts";
import { readText } from "./request-text.ts";
import { headersFor, requestLanguage, respond } from "./respond.ts";
import { notOfSession } from "./route-command.ts";

/**
 * `POST /commands`: one command a line for one session, the replies in their order as one stream. With `Stop-On-Error: 1`
 * the first failure is the last reply.
 */
export const commands = new Hono<{ Bindings: Env }>().post("/", async ({ req: { raw }, env }) => {
  const language = requestLanguage(raw);
  const text = await readText(raw, limits.bulkMaxBytes, "bulk-too-large");
  if (typeof text !== "string") return respond(text, language);
  const lines = linesOf(text);
  if (lines.length > limits.bulkMaxLines)
    return respond(failure("too-many-lines", { lines: limits.bulkMaxLines }), language);
  const host = hostOf(env, raw);
  const bearer = bearerOf(raw, host.config);
  if (bearer.kind === "nobody") return respond(failure(bearer.error), language);
  // The operator is no account, and nobody's lines are its to send.
  if (bearer.kind === "operator") return respond(failure("session-ended"), language);
  const items = lines.map((line) => itemOf(line, language));
  const stopsOnError = raw.headers.get("stop-on-error") === "1";
  const object = objectOf(host, bearer.claim.account);
  const replies = await object.executeAll(items, bearer.claim, language, stopsOnError);
  return new Response(replies, { headers: headersFor(language, "application/x-ndjson") });
});

/** Lines end in LF or CRLF; what stands after the last end is a line only where there is something. */
function linesOf(text: string): string[] {
  const lines = text.split("\n").map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** A line that is no command of a session has its answer already. */
function itemOf(line: string, language: Language): BulkItem {
  // In UTF-8 no character has more than 3 bytes for each unit; only a long line is worth counting.
  const isLong = line.length * 3 > limits.bodyMaxBytes && new TextEncoder().encode(line).length > limits.bodyMaxBytes;
  if (isLong) return { answer: failure("body-too-large", { bytes: limits.bodyMaxBytes }) };
  const parsed = parseCommand(line);
  if (!parsed.ok) return { answer: failure(parsed.error, { ...parsed.details }) };
  const { command } = parsed;
  const answer = notOfSession(command, language);
  if (answer) return { answer };
  // A password takes two hashes of a quarter of a second: a thousand of them are no line of many.
  if (command.name === "passwd") return { answer: failure("post-command-only") };
  return { command: command as UserCommand };
}
