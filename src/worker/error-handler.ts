import { ConfigError } from "../config/config.ts";
import { limits } from "../limits.ts";
import { failure, retryableFailure } from "../protocol/replies.ts";
import { requestLanguage, respond } from "./respond.ts";

/** What nobody expected. The client learns that it failed; the log learns why, without a word of the request's body. */
export function broken(error: Error, request: Request): Response {
  const language = requestLanguage(request);
  if (error instanceof ConfigError) {
    console.error({ event: "misconfigured", error: error.message });
    return respond(failure("misconfigured", {}, limits.operatorRetrySeconds), language);
  }
  // What the platform says of an object that is moving, restarting or flooded (Durable Objects, "Error handling").
  const { retryable, overloaded, durableObjectReset } = error as {
    retryable?: boolean;
    overloaded?: boolean;
    durableObjectReset?: boolean;
  };
  console.error({
    event: "request-failed",
    path: URL.parse(request.url)?.pathname,
    retryable,
    overloaded,
    error: String(error),
  });
  if (overloaded) return respond(retryableFailure("busy", limits.retrySoonSeconds), language);
  if (retryable || durableObjectReset)
    return respond(retryableFailure("unavailable", limits.retrySoonSeconds), language);
  return respond(failure("internal"), language);
}
