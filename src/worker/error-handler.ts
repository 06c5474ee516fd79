import { ConfigError } from "../config/config.ts";
import { limits } from "../limits.ts";
import { type Failure, failure, retryableFailure } from "../protocol/replies.ts";
import type { ShardCallFailure } from "../shard-api/shard-api.ts";
import { logError } from "../storage/log.ts";
import { requestLanguage, respond } from "./respond.ts";
import type { RequestHead, WorkerDeps } from "./worker-deps.ts";

/** Answers an error that no route expected. */
export function answerError(error: unknown, request: Request, deps: WorkerDeps): Response {
  return respond(failureOf(error, request, deps), requestLanguage(request));
}

/** The answer to an error that no route expected. The log gets its details without the request's body; the client gets none. */
export function failureOf(error: unknown, request: RequestHead, deps: WorkerDeps): Failure {
  if (error instanceof ConfigError) {
    logError("misconfigured", error);
    return failure("misconfigured", {}, limits.operatorRetrySeconds);
  }
  const { isOverloaded, isRetryable } = shardFailureOf(error, deps);
  logError("request-failed", error, { path: URL.parse(request.url)?.pathname, isOverloaded, isRetryable });
  if (isOverloaded) return retryableFailure("busy", limits.retrySoonSeconds);
  if (isRetryable) return retryableFailure("unavailable", limits.retrySoonSeconds);
  return failure("internal");
}

/** With an invalid configuration no shard can have been called, so the error is not one of a shard. */
function shardFailureOf(error: unknown, deps: WorkerDeps): Omit<ShardCallFailure, "isThrownByShard"> {
  try {
    return deps.shards.describeFailure(error);
  } catch {
    return { isOverloaded: false, isRetryable: false };
  }
}
