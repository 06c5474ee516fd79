import { Hono } from "hono";
import { declaredBytes } from "../bodies/request-body.ts";
import { limits } from "../limits.ts";
import { byteOrderMark, parseCommand } from "../protocol/grammar.ts";
import { type Failure, failure } from "../protocol/replies.ts";
import type { Language } from "../protocol/texts.ts";
import { owningShard, type RealmContext } from "../shard-api/realm-context.ts";
import { toSessionCommand } from "../shard-api/session-command.ts";
import type { BulkItem } from "../shard-api/shard-api.ts";
import { callWithPassword } from "./password-request.ts";
import { type Credentials, credentialsOf } from "./request-credentials.ts";
import { requestMetrics } from "./request-metrics.ts";
import { readText } from "./request-text.ts";
import { headersFor, requestLanguage, respond } from "./respond.ts";
import { realmContextOfRequest, type WorkerDeps } from "./worker-deps.ts";

/**
 * `POST /commands`: executes one command per line for one session, and streams the replies in the same order. With
 * `Stop-On-Error: 1` the first failure is the last reply.
 */
export const bulkRoute = new Hono<{ Bindings: WorkerDeps }>().post("/", async ({ req: { raw }, env }) => {
  const language = requestLanguage(raw);
  const start = performance.now();
  const replies = await execute(raw, env, language);
  const code = "error" in replies ? replies.error : "ok";
  requestMetrics.note("commands", code, (performance.now() - start) / 1000);
  if ("error" in replies) return respond(replies, language);
  return new Response(replies, { headers: headersFor(language, "application/x-ndjson") });
});

async function execute(
  request: Request,
  deps: WorkerDeps,
  language: Language,
): Promise<ReadableStream<Uint8Array> | Failure> {
  const context = realmContextOfRequest(deps, request);
  const credentials = credentialsOf(request, context.config);
  const refusal = await refusalBeforeBody(request, context, credentials);
  if (refusal) return refusal;
  const options = {
    maxBytes: limits.bulkMaxBytes,
    tooLarge: "bulk-too-large",
    client: deps.clientOf(request),
  } as const;
  const text = await readText(request, options);
  if (typeof text !== "string") return text;
  const lines = linesOf(text);
  if (lines.length > limits.bulkMaxLines) return failure("too-many-lines", { lines: limits.bulkMaxLines });
  const bulk: BulkRequest = {
    items: lines.map((line) => toBulkItem(line, language)),
    language,
    stopOnError: request.headers.get("stop-on-error") === "1",
  };
  return dispatchBulk(context, bulk, credentials, () => deps.admitLogin(request));
}

/** A long body is read only for an account. A short one costs less than this question, and a password needs a hash. */
async function refusalBeforeBody(
  request: Request,
  context: RealmContext,
  credentials: Credentials,
): Promise<Failure | null> {
  switch (credentials.kind) {
    case "none":
      return credentials.failure;
    // The operator has no account.
    case "operator":
      return failure("session-ended");
    case "session": {
      const isLong = (declaredBytes(request) ?? limits.bulkMaxBytes) > limits.bodyMaxBytes;
      return isLong ? owningShard(context, credentials.session.account).checkSession(credentials.session) : null;
    }
    case "password":
      return null;
  }
}

interface BulkRequest {
  items: BulkItem[];
  language: Language;
  stopOnError: boolean;
}

async function dispatchBulk(
  context: RealmContext,
  { items, language, stopOnError }: BulkRequest,
  credentials: Credentials,
  admitLogin: () => Promise<Failure | null>,
): Promise<ReadableStream<Uint8Array> | Failure> {
  switch (credentials.kind) {
    case "none":
      return credentials.failure;
    // The operator has no account.
    case "operator":
      return failure("session-ended");
    case "session": {
      const { session } = credentials;
      return owningShard(context, session.account).executeBulk(items, session, language, stopOnError);
    }
    case "password":
      return callWithPassword(context.realm, credentials.login, admitLogin, (login) =>
        owningShard(context, login.account).executeBulkWithPassword(items, login, language, stopOnError),
      );
  }
}

/** Splits at LF and CRLF, after one byte order mark. A line end at the end of the text starts no further line. */
function linesOf(text: string): string[] {
  const lines = (text.startsWith(byteOrderMark) ? text.slice(byteOrderMark.length) : text)
    .split("\n")
    .map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
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
  if (parsed.command.name === "passwd" || parsed.command.name === "unregister")
    return { answer: failure("post-command-only") };
  return toSessionCommand(parsed.command, language);
}
