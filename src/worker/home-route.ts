import { Hono } from "hono";
import type { Env } from "../config/config.ts";
import { welcomePage } from "../protocol/texts.ts";
import { pageDocument, wantsPage } from "./page-route.ts";
import { hostOf } from "./realm-by-host.ts";
import { headersFor, requestLanguage } from "./respond.ts";

/** `GET /`: to a browser the chat page, to all others a page of text that teaches the first five commands. */
export const home = new Hono<{ Bindings: Env }>().get("/", (c) =>
  wantsPage(c.req.raw) ? pageDocument(c.req.raw) : welcome(c.req.raw, c.env, 200, { Vary: "Accept, Accept-Language" }),
);

export function welcome(request: Request, env: Env, status: number, extra: Record<string, string> = {}): Response {
  const language = requestLanguage(request);
  const page = welcomePage(originFor(request), hostOf(env, request).realm, language);
  return new Response(page, { status, headers: { ...headersFor(language, "text/plain"), ...extra } });
}

/** Where the client has come to. Behind a proxy that takes TLS off, the proxy knows how it came; anything but https is no news. */
function originFor(request: Request): string {
  const url = new URL(request.url);
  if (request.headers.get("x-forwarded-proto") === "https") url.protocol = "https:";
  return url.origin;
}
