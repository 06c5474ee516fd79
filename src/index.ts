import { Hono } from "hono";
import { cors } from "hono/cors";
import type { Env } from "./config/config.ts";
import { federationPaths } from "./protocol/federation-wire.ts";
import { failure } from "./protocol/replies.ts";
import { discardBody } from "./storage/byte-streams.ts";
import { commands } from "./worker/bulk-route.ts";
import { carryOut, command } from "./worker/command-route.ts";
import { broken } from "./worker/error-handler.ts";
import { federation, wellKnown } from "./worker/federation-routes.ts";
import { health } from "./worker/health-route.ts";
import { home } from "./worker/home-route.ts";
import { live } from "./worker/live-route.ts";
import { assets } from "./worker/page-route.ts";
import { requestLanguage, respond } from "./worker/respond.ts";

export { PasswordHasher } from "./cloudflare/password-hasher.ts";
export { RealmShard } from "./shard/shard.ts";

/** What each path serves; `/command` answers other methods itself. */
const served = {
  "/": "GET",
  "/commands": "POST",
  "/assets/:name": "GET",
  "/healthz": "GET",
  "/live": "GET",
  [federationPaths.wellKnown]: "GET",
  [federationPaths.deliver]: "POST",
  [federationPaths.query]: "POST",
  [federationPaths.echo]: "POST",
};

const app = new Hono<{ Bindings: Env }>();

// Where nobody has read the body: a path that does not exist, a visit that is turned away.
app.use(async (c, next) => {
  await next();
  await discardBody(c.req.raw);
});

app.options("*", cors({ origin: "*", allowMethods: ["GET", "POST"], allowHeaders: allowed(), maxAge: 86_400 }));
app.route("/", home);
app.route("/assets", assets);
app.route("/command", command);
app.route("/commands", commands);
app.route("/live", live);
app.route("/healthz", health);
app.route(federationPaths.wellKnown, wellKnown);
app.route("/federation", federation);
for (const [path, methods] of Object.entries(served)) app.all(path, (c) => methodNotAllowed(c.req.raw, methods));
app.notFound((c) => respond(failure("no-such-page"), requestLanguage(c.req.raw)));
app.onError((error, c) => broken(error, c.req.raw));

function methodNotAllowed(request: Request, methods: string): Response {
  return respond(failure("method-not-allowed"), requestLanguage(request), { Allow: `${methods}, OPTIONS` });
}

function allowed(): string[] {
  return ["Authorization", "Content-Type", "Accept-Language", "Stop-On-Error"];
}

export default {
  /** Nearly every request is a command: that one goes its way without a router, which costs a twentieth of it. */
  fetch(request: Request, env: Env, ctx: ExecutionContext): Response | Promise<Response> {
    const isCommand = request.method === "POST" && isPath(request.url, "/command");
    return isCommand ? carryOut(request, env).catch((error) => broken(error, request)) : app.fetch(request, env, ctx);
  },
};

/** Whether a URL has a path and no query: the path begins at the third slash. */
function isPath(url: string, path: string): boolean {
  return url.endsWith(path) && url.indexOf("/", url.indexOf("//") + 2) === url.length - path.length;
}
