import { ConfigError } from "../config/config.ts";
import { limits } from "../limits.ts";
import { failure, retryableFailure } from "../protocol/replies.ts";
import type { ShardCallFailure } from "../shard-api/shard-api.ts";
import { logError } from "../storage/log.ts";
import { requestLanguage, respond } from "./respond.ts";
import type { WorkerDeps } from "./worker-deps.ts";

/** Answers an error that no route expected. The log gets its details without the request's body; the client gets none. */
export function answerError(error: unknown, request: Request, deps: WorkerDeps): Response {
  const language = requestLanguage(request);
  if (error instanceof ConfigError) {
    logError("misconfigured", error);
    return respond(failure("misconfigured", {}, limits.operatorRetrySeconds), language);
  }
  const { isOverloaded, isRetryable } = shardFailureOf(error, deps);
  logError("request-failed", error, { path: URL.parse(request.url)?.pathname, isOverloaded, isRetryable });
  if (isOverloaded) return respond(retryableFailure("busy", limits.retrySoonSeconds), language);
  if (isRetryable) return respond(retryableFailure("unavailable", limits.retrySoonSeconds), language);
  return respond(failure("internal"), language);
}

/** With an invalid configuration no shard can have been called, so the error is not one of a shard. */
function shardFailureOf(error: unknown, deps: WorkerDeps): Omit<ShardCallFailure, "isThrownByShard"> {
  try {
    return deps.shards.describeFailure(error);
  } catch {
    return { isOverloaded: false, isRetryable: false };
  }
}
