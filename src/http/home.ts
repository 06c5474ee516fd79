import { Hono } from "hono";
import { configOf, type Env } from "../env.ts";
import { welcomePage } from "../protocol/texts.ts";
import { pageDocument, wantsPage } from "./page.ts";
import { realmOf } from "./realm-of.ts";
import { headersFor, requestLanguage } from "./respond.ts";

/** `GET /`: to a browser the chat page, to all others a page of text that teaches the first five commands. */
export const home = new Hono<{ Bindings: Env }>().get("/", (c) =>
  wantsPage(c.req.raw) ? pageDocument(c.req.raw) : welcome(c.req.raw, c.env, 200, { Vary: "Accept, Accept-Language" }),
);

export function welcome(request: Request, env: Env, status: number, extra: Record<string, string> = {}): Response {
  const language = requestLanguage(request);
  const page = welcomePage(new URL(request.url).origin, realmOf(configOf(env), request), language);
  return new Response(page, { status, headers: { ...headersFor(language, "text/plain"), ...extra } });
}
