import { Hono } from "hono";
import { dataReply } from "../protocol/replies.ts";
import { shardZero } from "../shard-api/realm-context.ts";
import { requestLanguage, respond } from "./respond.ts";
import { realmContextOfRequest, type WorkerDeps } from "./worker-deps.ts";

/** `GET /healthz`: 200 if the realm can serve, or 503 with the reason. Shard 0 decides. */
export const healthRoute = new Hono<{ Bindings: WorkerDeps }>().get("/", async ({ req: { raw }, env }) => {
  const context = realmContextOfRequest(env, raw);
  const failure = await shardZero(context).checkHealth();
  return respond(failure ?? dataReply({ realm: context.realm }), requestLanguage(raw));
});
