import { Hono } from "hono";
import { welcomePage } from "../protocol/texts.ts";
import { pageDocument, wantsPage } from "./page-route.ts";
import { headersFor, requestLanguage } from "./respond.ts";
import { realmContextOfRequest, type WorkerDeps } from "./worker-deps.ts";

/** `GET /`: the chat page for a browser; for other clients a welcome text with the first five commands. */
export const homeRoute = new Hono<{ Bindings: WorkerDeps }>().get("/", (c) =>
  wantsPage(c.req.raw)
    ? pageDocument(c.req.raw)
    : welcomeResponse(c.req.raw, c.env, 200, { Vary: "Accept, Accept-Language" }),
);

export function welcomeResponse(
  request: Request,
  deps: WorkerDeps,
  status: number,
  extra: Record<string, string>,
): Response {
  const language = requestLanguage(request);
  const page = welcomePage(originFor(request), realmContextOfRequest(deps, request).realm, language);
  return new Response(page, { status, headers: { ...headersFor(language, "text/plain"), ...extra } });
}

/** The origin that the client called. A proxy that terminates TLS sets `X-Forwarded-Proto: https`; other values are ignored. */
function originFor(request: Request): string {
  const url = new URL(request.url);
  if (request.headers.get("x-forwarded-proto") === "https") url.protocol = "https:";
  return url.origin;
}
