import { Hono } from "hono";
import type { Command } from "../protocol/commands.ts";
import { parseCommand } from "../protocol/grammar.ts";
import { type Answer, type Failure, failure } from "../protocol/replies.ts";
import { helpReply } from "../shard-api/session-command.ts";
import { dispatchCommand } from "./dispatch-command.ts";
import { failureOf } from "./error-handler.ts";
import { welcomeResponse } from "./home-route.ts";
import { credentialsOf } from "./request-credentials.ts";
import { measured } from "./request-metrics.ts";
import { readLine } from "./request-text.ts";
import { requestLanguage, respond } from "./respond.ts";
import { type RequestHead, realmContextOfRequest, type WorkerDeps } from "./worker-deps.ts";

/** `POST /command`: executes one command and answers one reply. Other methods get the welcome text with 405. */
export const commandRoute = new Hono<{ Bindings: WorkerDeps }>()
  .post("/", ({ req: { raw }, env }) => handleCommand(raw, env))
  .all((c) => welcomeResponse(c.req.raw, c.env, 405, { Allow: "POST, OPTIONS" }));

export async function handleCommand(request: Request, deps: WorkerDeps): Promise<Response> {
  const line = await readLine(request, deps.clientOf(request));
  return respond(await answerLine(line, request, deps), requestLanguage(request));
}

/** Executes one line, or passes on why there is none. A host that has read a request itself calls this. */
export async function answerLine(line: string | Failure, request: RequestHead, deps: WorkerDeps): Promise<Answer> {
  const note = measured(logsRequests(deps));
  if (typeof line !== "string") return note(null, line);
  const parsed = parseCommand(line);
  if (!parsed.ok) return note(null, failure(parsed.error, { ...parsed.details }));
  const { command } = parsed;
  try {
    return note(command.name, await execute(command, request, deps));
  } catch (error) {
    return note(command.name, failureOf(error, request, deps));
  }
}

/** A configuration that is wrong is answered later, with its error. */
function logsRequests(deps: WorkerDeps): boolean {
  try {
    return deps.config.requestLog;
  } catch {
    return false;
  }
}

async function execute(command: Command, request: RequestHead, deps: WorkerDeps): Promise<Answer> {
  // Help also works with an invalid configuration.
  if (command.name === "help") return helpReply(command.topic, requestLanguage(request));
  const context = realmContextOfRequest(deps, request);
  const credentials = credentialsOf(request, context.config);
  return dispatchCommand(context, command, credentials, () => deps.admitLogin(request));
}
