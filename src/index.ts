import { Hono } from "hono";
import { cors } from "hono/cors";
import type { Env } from "./env.ts";
import { command } from "./http/command.ts";
import { onError } from "./http/failures.ts";
import { federation, wellKnown } from "./http/federation.ts";
import { health } from "./http/health.ts";
import { home } from "./http/home.ts";
import { requestLanguage, respond } from "./http/respond.ts";
import { failure } from "./protocol/replies.ts";

export { Hasher } from "./hasher/hasher.ts";
export { Realm } from "./realm/realm.ts";

const app = new Hono<{ Bindings: Env }>();

app.options("*", cors({ origin: "*", allowMethods: ["GET", "POST"], allowHeaders: allowed(), maxAge: 86_400 }));
app.route("/", home);
app.route("/command", command);
app.route("/healthz", health);
app.route("/.well-known/ranah", wellKnown);
app.route("/federation", federation);
app.on(["POST", "PUT", "DELETE", "PATCH"], ["/", "/healthz"], (c) =>
  respond(failure("method-not-allowed"), requestLanguage(c.req.raw), { Allow: "GET, OPTIONS" }),
);
app.notFound((c) => respond(failure("no-such-page"), requestLanguage(c.req.raw)));
app.onError(onError);

function allowed(): string[] {
  return ["Authorization", "Content-Type", "Accept-Language"];
}

export default app;
