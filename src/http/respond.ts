import { type Answer, frame, statusOf } from "../protocol/replies.ts";
import { type Language, languageOf } from "../protocol/texts.ts";

/**
 * On every response. Any page may call: the token is a header that only its owner can set, never a cookie.
 */
export const commonHeaders = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Expose-Headers": "Error-Code, Message-Id, Delivery-State, Retry-After",
  "Cache-Control": "no-store",
  "X-Content-Type-Options": "nosniff",
} as const;

export function requestLanguage(request: Request): Language {
  return languageOf(request.headers.get("accept-language"));
}

/** The one place where an answer becomes HTTP. */
export function respond(answer: Answer, language: Language, extra: Record<string, string> = {}): Response {
  const headers: Record<string, string> = {
    ...commonHeaders,
    "Content-Type": "application/json; charset=utf-8",
    "Content-Language": language,
    Vary: "Accept-Language",
    ...extra,
  };
  if (answer.kind === "stream") return new Response(answer.body, { headers });
  if (answer.kind === "failure") {
    headers["Error-Code"] = answer.error;
    if (answer.retryAfter !== undefined) headers["Retry-After"] = String(answer.retryAfter);
    // RFC 9110, section 11.6.1: a 401 names the scheme that would be accepted.
    if (statusOf(answer) === 401 && answer.error !== "signature-refused") headers["WWW-Authenticate"] = "Bearer";
  }
  if (answer.kind !== "data" && answer.delivery) {
    headers["Message-Id"] = String(answer.delivery.id);
    headers["Delivery-State"] = answer.delivery.state;
  }
  return new Response(frame(answer, language), { status: statusOf(answer), headers });
}
