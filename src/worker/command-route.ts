import { Hono } from "hono";
import type { Env } from "../config/config.ts";
import { limits } from "../limits.ts";
import type { Command } from "../protocol/commands.ts";
import { parseCommand } from "../protocol/grammar.ts";
import { type Answer, failure, retryableFailure } from "../protocol/replies.ts";
import type { Language } from "../protocol/texts.ts";
import { bearerOf } from "./bearer-token.ts";
import { welcome } from "./home-route.ts";
import { hostOf } from "./realm-by-host.ts";
import { readLine } from "./request-text.ts";
import { requestLanguage, respond } from "./respond.ts";
import { dispatch, explain } from "./route-command.ts";

/** `POST /command`: one line of text in, one reply out. */
export const command = new Hono<{ Bindings: Env }>()
  .post("/", ({ req: { raw }, env }) => carryOut(raw, env))
  .all((c) => welcome(c.req.raw, c.env, 405, { Allow: "POST, OPTIONS" }));

export async function carryOut(request: Request, env: Env): Promise<Response> {
  const language = requestLanguage(request);
  const line = await readLine(request);
  if (typeof line !== "string") return respond(line, language);
  const parsed = parseCommand(line);
  if (!parsed.ok) return respond(failure(parsed.error, { ...parsed.details }), language);
  return respond(await answer(parsed.command, request, env, language), language);
}

async function answer(command: Command, request: Request, env: Env, language: Language): Promise<Answer> {
  // Help explains itself even where the configuration is wrong.
  if (command.name === "help") return explain(command.topic, language);
  const host = hostOf(env, request);
  const isEntry = command.name === "register" || command.name === "auth";
  if (isEntry && !(await isWithinRate(env, request))) return retryableFailure("busy", limits.loginRateRetrySeconds);
  return dispatch(host, command, bearerOf(request, host.config), language);
}

/** The coarse shield, by client address; without its binding everybody passes. */
async function isWithinRate(env: Env, request: Request): Promise<boolean> {
  if (!env.LOGIN_RATE) return true;
  const { success } = await env.LOGIN_RATE.limit({ key: request.headers.get("cf-connecting-ip") ?? "unknown" });
  return success;
}
