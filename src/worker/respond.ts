import { type Answer, frameReply, httpStatusOf } from "../protocol/replies.ts";
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
  const body = answer.kind === "stream" ? answer.body : frameReply(answer, language);
  const response = new Response(body, { status: httpStatusOf(answer), headers: prepared[language] });
  const own = { ...extra, ...headersOf(answer) };
  for (const name of Object.keys(own)) response.headers.set(name, own[name] ?? "");
  return response;
}

/** What an answer says beside its body. */
function headersOf(answer: Answer): Record<string, string> {
  const headers: Record<string, string> = {};
  if (answer.kind === "failure") {
    headers["Error-Code"] = answer.error;
    if (answer.retryAfter !== undefined) headers["Retry-After"] = String(answer.retryAfter);
    // RFC 9110, section 11.6.1: a 401 names the scheme that would be accepted.
    if (httpStatusOf(answer) === 401 && answer.error !== "signature-refused") headers["WWW-Authenticate"] = "Bearer";
  }
  if ("delivery" in answer && answer.delivery) {
    headers["Message-Id"] = String(answer.delivery.id);
    headers["Delivery-State"] = answer.delivery.state;
  }
  return headers;
}

/** To copy headers that are there is cheaper than to make them. */
const prepared = {
  id: new Headers(headersFor("id", "application/json")),
  en: new Headers(headersFor("en", "application/json")),
};

/** The headers of a text in a language. */
export function headersFor(language: Language, type: string): Record<string, string> {
  return {
    ...commonHeaders,
    "Content-Type": `${type}; charset=utf-8`,
    "Content-Language": language,
    Vary: "Accept-Language",
  };
}
