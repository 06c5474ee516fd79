import { Hono } from "hono";
import { failure } from "../protocol/replies.ts";
import { page } from "../web/dist/page.ts";
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

/** Whether the client is a browser: only browsers list HTML in Accept, while curl and scripts accept anything. */
export function wantsPage(request: Request): boolean {
  return request.headers.get("accept")?.includes("text/html") ?? false;
}

/** The browser client's document, or 304 if the browser has the current one. */
export function pageDocument(request: Request): Response {
  const headers = {
    ...commonHeaders,
    "Content-Type": "text/html; charset=utf-8",
    // Browsers revalidate the document each time, because it names the assets of the current release.
    "Cache-Control": "no-cache",
    ETag: page.etag,
    Vary: "Accept, Accept-Language",
    "Content-Security-Policy": contentSecurityPolicy(new URL(request.url).host),
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
  };
  const etags = request.headers.get("if-none-match")?.split(/\s*,\s*/) ?? [];
  if (etags.some((each) => each.replace(/^W\//, "") === page.etag)) return new Response(null, { status: 304, headers });
  return new Response(page.html, { headers });
}

/**
 * The Content-Security-Policy. The page may load scripts and styles from its own origin only, and connect to its own origin
 * only. Trusted Types forbid it to turn text into markup.
 */
function contentSecurityPolicy(host: string): string {
  // In CSP 3 'self' includes WebSockets. Older browsers need them listed with their scheme.
  const sockets = /^[\w.:[\]-]+$/.test(host) ? ` ws://${host} wss://${host}` : "";
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `connect-src 'self'${sockets}`,
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}
