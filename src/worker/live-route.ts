import { Hono } from "hono";
import { parseToken } from "../accounts/session-token.ts";
import { subprotocol } from "../protocol/events.ts";
import { type Failure, failure } from "../protocol/replies.ts";
import { owningShardName, type RealmContext } from "../shard-api/realm-context.ts";
import { requestLanguage, respond } from "./respond.ts";
import { realmContextOfRequest, type WorkerDeps } from "./worker-deps.ts";

/** `GET /live`: opens a WebSocket for commands, replies and events. `?after=41` first sends the messages with larger ids. */
export const liveRoute = new Hono<{ Bindings: WorkerDeps }>().get("/", async ({ req: { raw }, env }) => {
  const opened = await open(raw, env, realmContextOfRequest(env, raw));
  return opened instanceof Response ? opened : respond(opened, requestLanguage(raw));
});

async function open(request: Request, deps: WorkerDeps, context: RealmContext): Promise<Response | Failure> {
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") return failure("upgrade-required");
  const offered = (request.headers.get("sec-websocket-protocol") ?? "").split(",").map((each) => each.trim());
  const token = offered.find((each) => each !== subprotocol);
  if (!offered.includes(subprotocol) || token === undefined) return failure("upgrade-required");
  const session = parseToken(token);
  if (!session) return failure("token-malformed");
  const after = new URL(request.url).searchParams.get("after");
  if (after !== null && !/^\d{1,15}$/.test(after)) return failure("bad-option", { option: "after", expected: "id" });
  const params = { session, after: after === null ? null : Number(after), language: requestLanguage(request) };
  return deps.openSocket(request, owningShardName(context, session.account), params);
}
