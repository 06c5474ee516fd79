import { Hono } from "hono";
import { authenticatePeer } from "../federation/authenticate-peer.ts";
import { handleDeliver } from "../federation/deliver-endpoint.ts";
import { handleEcho } from "../federation/echo-endpoint.ts";
import { handleQuery } from "../federation/query-endpoint.ts";
import { limits } from "../limits.ts";
import { toJson } from "../protocol/json.ts";
import { type Failure, failure } from "../protocol/replies.ts";
import { type RealmContext, shardZero } from "../shard-api/realm-context.ts";
import type { PeerRequest } from "../shard-api/shard-api.ts";
import { isEncoded } from "./headers/content-encoding.ts";
import { commonHeaders, requestLanguage, respond } from "./respond.ts";
import { realmContextOfRequest, type WorkerDeps } from "./worker-deps.ts";

/** Handles an authenticated request of a peer. @returns the JSON text of the reply, or a failure */
type Endpoint = (peer: PeerRequest, body: Uint8Array, context: RealmContext) => Promise<string | Failure>;

/** `POST /federation/deliver`, `/query` and `/echo`: signed requests of peers. */
export const federationRoutes = new Hono<{ Bindings: WorkerDeps }>()
  .post("/deliver", (c) => answer(c.req.raw, c.env, limits.deliveryMaxBytes, handleDeliver))
  .post("/query", (c) => answer(c.req.raw, c.env, limits.queryMaxBytes, handleQuery))
  .post("/echo", (c) => answer(c.req.raw, c.env, limits.queryMaxBytes, handleEcho));

/** `GET /.well-known/ranah`: this realm's name, endpoints and public keys. The reply is not signed. */
export const wellKnownRoute = new Hono<{ Bindings: WorkerDeps }>().get("/", async (c) =>
  json(toJson(await shardZero(realmContextOfRequest(c.env, c.req.raw)).wellKnown())),
);

async function answer(request: Request, deps: WorkerDeps, maxBytes: number, endpoint: Endpoint): Promise<Response> {
  if (isEncoded(request.headers.get("content-encoding")))
    return respond(failure("encoded-body"), requestLanguage(request));
  const context = realmContextOfRequest(deps, request);
  const authenticated = await authenticatePeer(request, { maxBytes, client: deps.clientOf(request), context });
  if ("error" in authenticated) return respond(authenticated, requestLanguage(request));
  const { peer, body } = authenticated;
  try {
    const reply = await endpoint(peer, body.bytes, context);
    return typeof reply === "string" ? json(reply) : respond(reply, requestLanguage(request));
  } finally {
    body.release();
  }
}

function json(text: string): Response {
  return new Response(text, { headers: { ...commonHeaders, "Content-Type": "application/json" } });
}
