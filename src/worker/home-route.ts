import { Hono } from "hono";
import { welcomePage } from "../protocol/welcome-page.ts";
import { isConfidential, originOf } from "./client-origin.ts";
import { asksForHtml } from "./headers/accept.ts";
import { pageDocument } from "./page-route.ts";
import { headersFor, requestLanguage } from "./respond.ts";
import { realmContextOfRequest, type WorkerDeps } from "./worker-deps.ts";

/** `GET /`: the chat page for a browser; for other clients a welcome text with the first commands. */
export const homeRoute = new Hono<{ Bindings: WorkerDeps }>().get("/", (c) =>
  asksForHtml(c.req.raw.headers.get("accept"))
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
  const { realm } = realmContextOfRequest(deps, request);
  const page = welcomePage({ origin: originOf(request), realm, acceptsBasic: isConfidential(request) }, language);
  return new Response(page, { status, headers: { ...headersFor(language, "text/plain"), ...extra } });
}
