import { Hono } from "hono";
import { failure } from "../protocol/replies.ts";
import { page } from "../web/dist/page.ts";
import { hostOf } from "./client-origin.ts";
import type { Host } from "./headers/host.ts";
import { matchesEntityTag } from "./headers/if-none-match.ts";
import { commonHeaders, requestLanguage, respond } from "./respond.ts";
import type { WorkerDeps } from "./worker-deps.ts";

/** `GET /assets/NAME`: the page's scripts, styles and icons. A name holds the digest of its content, so the content never changes. */
export const assetsRoute = new Hono<{ Bindings: WorkerDeps }>().get("/:name", (c) => {
  const name = c.req.param("name");
  const asset = Object.hasOwn(page.assets, name) ? page.assets[name] : undefined;
  if (!asset) return respond(failure("no-such-page"), requestLanguage(c.req.raw));
  return new Response(asset.body, {
    headers: {
      ...commonHeaders,
      "Content-Type": asset.type,
      "Cache-Control": "public, max-age=31536000, immutable",
    },
  });
});

/** The browser client's document, or 304 if the browser has the current one. */
export function pageDocument(request: Request): Response {
  const headers = {
    ...commonHeaders,
    "Content-Type": "text/html; charset=utf-8",
    // Browsers revalidate the document each time, because it names the assets of the current release.
    "Cache-Control": "no-cache",
    ETag: page.etag,
    Vary: "Accept, Accept-Language",
    "Content-Security-Policy": contentSecurityPolicy(hostOf(request)),
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
  };
  const isCurrent = matchesEntityTag(request.headers.get("if-none-match"), page.etag);
  if (isCurrent) return new Response(null, { status: 304, headers });
  return new Response(page.html, { headers });
}

/**
 * The Content-Security-Policy. The page may load scripts and styles from its own origin only, and connect to its own origin
 * only. Trusted Types forbid it to turn text into markup.
 */
function contentSecurityPolicy({ authority }: Host): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    // In CSP 3 'self' includes WebSockets. Older browsers need them listed with their scheme.
    `connect-src 'self' ws://${authority} wss://${authority}`,
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}
