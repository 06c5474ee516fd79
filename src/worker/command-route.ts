import { Hono } from "hono";
import { limits } from "../limits.ts";
import type { Command } from "../protocol/commands.ts";
import { parseCommand } from "../protocol/grammar.ts";
import { type Answer, failure, retryableFailure } from "../protocol/replies.ts";
import type { Language } from "../protocol/texts.ts";
import { helpReply } from "../shard-api/session-command.ts";
import { bearerOf } from "./bearer-token.ts";
import { dispatchCommand } from "./dispatch-command.ts";
import { welcomeResponse } from "./home-route.ts";
import { readLine } from "./request-text.ts";
import { requestLanguage, respond } from "./respond.ts";
import { realmContextOfRequest, type WorkerDeps } from "./worker-deps.ts";

/** `POST /command`: executes one command and answers one reply. Other methods get the welcome text with 405. */
export const commandRoute = new Hono<{ Bindings: WorkerDeps }>()
  .post("/", ({ req: { raw }, env }) => handleCommand(raw, env))
  .all((c) => welcomeResponse(c.req.raw, c.env, 405, { Allow: "POST, OPTIONS" }));

export async function handleCommand(request: Request, deps: WorkerDeps): Promise<Response> {
  const language = requestLanguage(request);
  const line = await readLine(request);
  if (typeof line !== "string") return respond(line, language);
  const parsed = parseCommand(line);
  if (!parsed.ok) return respond(failure(parsed.error, { ...parsed.details }), language);
  return respond(await answer(parsed.command, request, deps, language), language);
}

async function answer(command: Command, request: Request, deps: WorkerDeps, language: Language): Promise<Answer> {
  // Help also works with an invalid configuration.
  if (command.name === "help") return helpReply(command.topic, language);
  const context = realmContextOfRequest(deps, request);
  const needsHash = command.name === "register" || command.name === "auth";
  if (needsHash && !(await deps.isLoginAllowed(request))) {
    return retryableFailure("busy", limits.loginRateRetrySeconds);
  }
  return dispatchCommand(context, command, bearerOf(request, context.config));
}
