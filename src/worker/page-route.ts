import { Hono } from "hono";
import type { Env } from "../config/config.ts";
import { failure } from "../protocol/replies.ts";
import { page } from "../web/dist/page.ts";
import { commonHeaders, requestLanguage, respond } from "./respond.ts";

/** `GET /assets/NAME`: script, style and icon. A name holds the digest of its content, so that it never changes. */
export const assets = new Hono<{ Bindings: Env }>().get("/:name", (c) => {
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

/** Whether a page can be shown: curl and scripts accept anything, and only browsers name HTML. */
export function wantsPage(request: Request): boolean {
  return request.headers.get("accept")?.includes("text/html") ?? false;
}

/** The browser client's document, or 304 to a browser that has it. */
export function pageDocument(request: Request): Response {
  const headers = {
    ...commonHeaders,
    "Content-Type": "text/html; charset=utf-8",
    // It may be kept, and is asked for each time: it names the assets of this release.
    "Cache-Control": "no-cache",
    ETag: page.etag,
    Vary: "Accept, Accept-Language",
    "Content-Security-Policy": policyFor(new URL(request.url).host),
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
  };
  const known = request.headers.get("if-none-match")?.split(/\s*,\s*/) ?? [];
  if (known.some((each) => each.replace(/^W\//, "") === page.etag)) return new Response(null, { status: 304, headers });
  return new Response(page.html, { headers });
}

/**
 * What the page may do: run its own script, be styled by its own style, and talk to where it came from. Nothing in it may
 * make markup of a text.
 */
function policyFor(host: string): string {
  // 'self' includes the socket where CSP 3 is understood; older browsers want to see its scheme.
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
