import { Hono } from "hono";
import { configOf, type Env } from "../env.ts";
import type { Command } from "../protocol/commands.ts";
import { parseCommand } from "../protocol/grammar.ts";
import type { Name } from "../protocol/names.ts";
import { type Answer, data, failure, passing } from "../protocol/replies.ts";
import { help, helpRow, type Language } from "../protocol/texts.ts";
import { realmObject } from "../realm/objects.ts";
import { shardName, shardOf } from "../realm/shards.ts";
import { bearerOf } from "./bearer.ts";
import { readLine } from "./body.ts";
import { welcome } from "./home.ts";
import { realmOf } from "./realm-of.ts";
import { requestLanguage, respond } from "./respond.ts";

/** `POST /command`: one line of text in, one reply out. */
export const command = new Hono<{ Bindings: Env }>()
  .post("/", async ({ req: { raw }, env }) => {
    const language = requestLanguage(raw);
    const line = await readLine(raw);
    if (typeof line !== "string") return respond(line, language);
    const parsed = parseCommand(line);
    if (!parsed.ok) return respond(failure(parsed.error, { ...parsed.about }), language);
    return respond(await answer(parsed.command, raw, env, language), language);
  })
  .all((c) => welcome(c.req.raw, c.env, 405, { Allow: "POST, OPTIONS" }));

async function answer(command: Command, request: Request, env: Env, language: Language): Promise<Answer> {
  if (command.name === "help") return data(command.topic ? helpRow(command.topic, language) : help(language));
  const config = configOf(env);
  const realm = realmOf(config, request);
  const objectOf = (name: Name) => realmObject(env, config, shardName(realm, shardOf(name, config.shards)));
  const bearer = bearerOf(request, config);
  switch (command.name) {
    case "register":
    case "auth":
      if (!(await isWithinRate(env, request))) return passing("busy", 60);
      return objectOf(command.account).enter(command, bearer.kind === "operator");
    case "retry":
    case "peertest":
    case "rotatekey":
      if (bearer.kind === "nobody") return failure(bearer.error);
      if (bearer.kind !== "operator") return failure("operator-only");
      return realmObject(env, config, shardName(realm, 0)).operate(command);
  }
  if (bearer.kind === "nobody") return failure(bearer.error);
  // The operator is no account: it has no mailbox, and nothing to send from.
  if (bearer.kind === "operator") return failure("session-ended");
  return objectOf(bearer.claim.account).execute(command, bearer.claim);
}

/** The coarse shield, by client address; without its binding everybody passes. */
async function isWithinRate(env: Env, request: Request): Promise<boolean> {
  if (!env.LOGIN_RATE) return true;
  const { success } = await env.LOGIN_RATE.limit({ key: request.headers.get("cf-connecting-ip") ?? "unknown" });
  return success;
}
