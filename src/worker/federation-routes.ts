import { Hono } from "hono";
import type { Env } from "../config/config.ts";
import { visitOf } from "../federation/authenticate-peer.ts";
import { deliver } from "../federation/deliver-endpoint.ts";
import { echo } from "../federation/echo-endpoint.ts";
import type { Visit } from "../federation/federation-handlers.ts";
import { query } from "../federation/query-endpoint.ts";
import { limits } from "../limits.ts";
import type { Failure } from "../protocol/replies.ts";
import { firstObject, type Host } from "../shard-api/realm-context.ts";
import { hostOf } from "./realm-by-host.ts";
import { commonHeaders, requestLanguage, respond } from "./respond.ts";

type Endpoint = (visit: Visit, body: Uint8Array, host: Host) => Promise<object | Failure>;

/** What realms say to each other. Everything but the introduction is signed. */
export const federation = new Hono<{ Bindings: Env }>()
  .post("/deliver", (c) => answer(c.req.raw, c.env, limits.deliveryMaxBytes, deliver))
  .post("/query", (c) => answer(c.req.raw, c.env, limits.queryMaxBytes, query))
  .post("/echo", (c) => answer(c.req.raw, c.env, limits.queryMaxBytes, echo));

/** `GET /.well-known/ranah`: who this realm is, and the keys it signs with. */
export const wellKnown = new Hono<{ Bindings: Env }>().get("/", async ({ req: { raw }, env }) => {
  return json(await firstObject(hostOf(env, raw)).wellKnown());
});

async function answer(request: Request, env: Env, mostBytes: number, endpoint: Endpoint): Promise<Response> {
  const host = hostOf(env, request);
  const seen = await visitOf(request, mostBytes, host);
  const reply = "error" in seen ? seen : await endpoint(seen.visit, seen.body, host);
  return isFailure(reply) ? respond(reply, requestLanguage(request)) : json(reply);
}

function isFailure(reply: object): reply is Failure {
  return "kind" in reply && reply.kind === "failure";
}

function json(body: object): Response {
  return new Response(JSON.stringify(body), { headers: { ...commonHeaders, "Content-Type": "application/json" } });
}
