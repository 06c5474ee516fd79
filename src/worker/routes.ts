import { Hono } from "hono";
import { cors } from "hono/cors";
import { discardBody } from "../bodies/request-body.ts";
import { federationPaths } from "../protocol/federation-wire.ts";
import { failure } from "../protocol/replies.ts";
import { bulkRoute } from "./bulk-route.ts";
import { commandRoute, handleCommand } from "./command-route.ts";
import { answerError } from "./error-handler.ts";
import { federationRoutes, wellKnownRoute } from "./federation-routes.ts";
import { hostOfUrl } from "./headers/host.ts";
import { healthRoute } from "./health-route.ts";
import { homeRoute } from "./home-route.ts";
import { liveRoute } from "./live-route.ts";
import { metricsRoute } from "./metrics-route.ts";
import { assetsRoute } from "./page-route.ts";
import { requestLanguage, respond } from "./respond.ts";
import type { WorkerDeps } from "./worker-deps.ts";

/** Allowed methods by path, for 405 responses. `/command` answers other methods itself. */
const allowedMethods = {
  "/": "GET",
  "/commands": "POST",
  "/assets/:name": "GET",
  "/healthz": "GET",
  "/live": "GET",
  "/metrics": "GET",
  [federationPaths.wellKnown]: "GET",
  [federationPaths.deliver]: "POST",
  [federationPaths.query]: "POST",
  [federationPaths.echo]: "POST",
};

const app = new Hono<{ Bindings: WorkerDeps }>();

// Discards a body that no route has read, such as that of an unknown path or of a peer's request rejected by its headers.
app.use(async (c, next) => {
  await next();
  await discardBody(c.req.raw);
});

app.options(
  "*",
  cors({
    origin: "*",
    allowMethods: ["GET", "POST"],
    allowHeaders: ["Authorization", "Content-Type", "Accept-Language", "Stop-On-Error"],
    maxAge: 86_400,
  }),
);
app.route("/", homeRoute);
app.route("/assets", assetsRoute);
app.route("/command", commandRoute);
app.route("/commands", bulkRoute);
app.route("/live", liveRoute);
app.route("/healthz", healthRoute);
app.route("/metrics", metricsRoute);
app.route(federationPaths.wellKnown, wellKnownRoute);
app.route("/federation", federationRoutes);
for (const [path, methods] of Object.entries(allowedMethods)) {
  app.all(path, ({ req }) =>
    respond(failure("method-not-allowed"), requestLanguage(req.raw), { Allow: `${methods}, OPTIONS` }),
  );
}
app.notFound((c) => respond(failure("no-such-page"), requestLanguage(c.req.raw)));
app.onError((error, c) => answerError(error, c.req.raw, c.env));

/**
 * Answers a request. What it names as its host ends in texts and in a policy, so that is checked first. `POST /command` bypasses the
 * router: nearly every request is one, and the router takes 5 % of its time.
 */
export function handleRequest(
  request: Request,
  deps: WorkerDeps,
  ctx?: ExecutionContext,
): Response | Promise<Response> {
  if (!hostOfUrl(request.url)) return refuseHost(request);
  const isCommand = request.method === "POST" && isPath(request.url, "/command");
  if (!isCommand) return app.fetch(request, deps, ctx);
  return handleCommand(request, deps).catch((error) => answerError(error, request, deps));
}

async function refuseHost(request: Request): Promise<Response> {
  await discardBody(request);
  return respond(failure("bad-request"), requestLanguage(request));
}

/** Whether a URL has this path and no query. The path begins at the third slash. */
function isPath(url: string, path: string): boolean {
  return url.endsWith(path) && url.indexOf("/", url.indexOf("//") + 2) === url.length - path.length;
}
