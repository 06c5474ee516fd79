import { type Answer, frameReply, httpStatusOf } from "../protocol/replies.ts";
import type { Language } from "../protocol/texts.ts";
import { languageOf } from "./headers/accept-language.ts";
import type { RequestHead } from "./worker-deps.ts";

/** Headers of every response. Any web page may call the API, because no cookie authenticates a request. */
export const commonHeaders = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Expose-Headers": "Error-Code, Message-Id, Delivery-State, Retry-After",
  "Cache-Control": "no-store",
  "X-Content-Type-Options": "nosniff",
} as const;

export function requestLanguage(request: RequestHead): Language {
  return languageOf(request.headers.get("accept-language"));
}

/** Maps an answer to an HTTP response. */
export function respond(answer: Answer, language: Language, extra: Record<string, string> = {}): Response {
  // Bytes, so that their number tells a host that the reply is no stream.
  const bytes = answer.kind === "stream" ? null : new TextEncoder().encode(frameReply(answer, language));
  const body = answer.kind === "stream" ? answer.body : bytes;
  const response = new Response(body, { status: httpStatusOf(answer), headers: baseHeaders[language] });
  const added: Record<string, string> = { ...extra, ...answerHeaders(answer) };
  if (bytes) added["Content-Length"] = String(bytes.byteLength);
  for (const name of Object.keys(added)) response.headers.set(name, added[name] ?? "");
  return response;
}

/** The headers that depend on the answer. The others are `headersFor`. */
export function answerHeaders(answer: Answer): Record<string, string> {
  const headers: Record<string, string> = {};
  if (answer.kind === "failure") {
    headers["Error-Code"] = answer.error;
    if (answer.retryAfter !== undefined) headers["Retry-After"] = String(answer.retryAfter);
    // draft-ietf-httpapi-ratelimit-headers-11.
    if (answer.policy) {
      const { name, quota, windowSeconds } = answer.policy;
      headers["RateLimit-Policy"] = `"${name}";q=${quota};w=${windowSeconds}`;
      headers.RateLimit = `"${name}";r=0;t=${answer.retryAfter ?? 0}`;
    }
    // RFC 9110, section 15.5.16.
    if (answer.error === "encoded-body") headers["Accept-Encoding"] = "identity";
    // RFC 9110, section 11.6.1: a 401 names an accepted scheme. `Basic` would make a browser ask for a password, and keep it.
    if (httpStatusOf(answer) === 401 && answer.error !== "signature-refused") headers["WWW-Authenticate"] = "Bearer";
  }
  if ("delivery" in answer && answer.delivery) {
    headers["Message-Id"] = String(answer.delivery.id);
    headers["Delivery-State"] = answer.delivery.state;
  }
  return headers;
}

/** Built once: copying a Headers object is cheaper than building one. */
const baseHeaders = {
  id: new Headers(headersFor("id", "application/json")),
  en: new Headers(headersFor("en", "application/json")),
};

/** Headers of a text response in a language. */
export function headersFor(language: Language, type: string): Record<string, string> {
  return {
    ...commonHeaders,
    "Content-Type": `${type}; charset=utf-8`,
    "Content-Language": language,
    Vary: "Accept-Language",
  };
}
