import { Hono } from "hono";
import type { Env } from "../config/config.ts";
import { dataReply } from "../protocol/replies.ts";
import { firstObject } from "../shard-api/realm-context.ts";
import { hostOf } from "./realm-by-host.ts";
import { requestLanguage, respond } from "./respond.ts";

/** `GET /healthz`: 200 where the realm serves, 503 and why where it doesn't. It asks the realm's first object. */
export const health = new Hono<{ Bindings: Env }>().get("/", async ({ req: { raw }, env }) => {
  const host = hostOf(env, raw);
  const refusal = await firstObject(host).health();
  return respond(refusal ?? dataReply({ realm: host.realm }), requestLanguage(raw));
});
