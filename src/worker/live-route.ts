import { Hono } from "hono";
import { claimOf } from "../accounts/session-token.ts";
import type { Env } from "../config/config.ts";
import { subprotocol } from "../protocol/events.ts";
import { type Failure, failure } from "../protocol/replies.ts";
import { type Host, objectOf } from "../shard-api/realm-context.ts";
import { wishRequest } from "../shard-api/upgrade-params.ts";
import { hostOf } from "./realm-by-host.ts";
import { requestLanguage, respond } from "./respond.ts";

/** `GET /live`: a WebSocket of commands, replies and events. `?after=41` tells first what came after message 41. */
export const live = new Hono<{ Bindings: Env }>().get("/", async ({ req: { raw }, env }) => {
  const opened = await open(raw, hostOf(env, raw));
  return opened instanceof Response ? opened : respond(opened, requestLanguage(raw));
});

async function open(request: Request, host: Host): Promise<Response | Failure> {
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") return failure("upgrade-required");
  const offered = (request.headers.get("sec-websocket-protocol") ?? "").split(",").map((each) => each.trim());
  const token = offered.find((each) => each !== subprotocol);
  if (!offered.includes(subprotocol) || token === undefined) return failure("upgrade-required");
  const claim = claimOf(token);
  if (!claim) return failure("token-malformed");
  const after = new URL(request.url).searchParams.get("after");
  if (after !== null && !/^\d{1,15}$/.test(after)) return failure("bad-option", { option: "after", expected: "id" });

  const wish = { claim, after: after === null ? null : Number(after), language: requestLanguage(request) };
  const response = await objectOf(host, claim.account).fetch(wishRequest(request, wish));
  return response.webSocket ? response : response.json<Failure>();
}
