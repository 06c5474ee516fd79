import { createHash, timingSafeEqual } from "node:crypto";
import { parseToken } from "../accounts/session-token.ts";
import type { Config } from "../config/config.ts";
import { parseName } from "../protocol/names.ts";
import { type Failure, failure } from "../protocol/replies.ts";
import type { NameAndPassword, SessionRef } from "../shard-api/caller.ts";
import { isConfidential } from "./client-origin.ts";
import { parseAuthorization } from "./headers/authorization.ts";
import type { RequestHead } from "./worker-deps.ts";

/** The sender that a request claims. Only the account's shard knows whether its session is open or its password right. */
export type Credentials =
  | { kind: "none"; failure: Failure }
  | { kind: "operator" }
  | { kind: "session"; session: SessionRef }
  /** HTTP Basic. */
  | { kind: "password"; login: NameAndPassword };

/** Reads `Authorization`. */
export function credentialsOf(request: RequestHead, { operatorToken }: Config): Credentials {
  const authorization = parseAuthorization(request.headers.get("authorization"));
  switch (authorization.scheme) {
    case "bearer":
      return bearerOf(authorization.token, operatorToken);
    case "basic":
      return basicOf(authorization, request);
    case "malformed-basic":
      return none(failure("basic-malformed"));
    case "none":
      return none(failure("token-missing"));
    case "unknown":
      return none(failure("token-malformed"));
  }
}

function bearerOf(token: string, operatorToken: string | null): Credentials {
  if (operatorToken !== null && isSameSecret(token, operatorToken)) return { kind: "operator" };
  const session = parseToken(token);
  return session ? { kind: "session", session } : none(failure("token-malformed"));
}

/**
 * Name and password are for scripts. A browser that has stored them adds them to requests of any page by itself, and names the page
 * in `Origin`.
 */
function basicOf({ name, password }: NameAndPasswordText, request: RequestHead): Credentials {
  if (request.headers.get("origin") !== null) return none(failure("basic-from-browser"));
  if (!isConfidential(request)) return none(failure("basic-needs-https"));
  const account = parseName(name);
  if (!account) return none(failure("bad-name", { parameter: "account" }));
  return { kind: "password", login: { account, password } };
}

interface NameAndPasswordText {
  name: string;
  password: string;
}

function none(failure: Failure): Credentials {
  return { kind: "none", failure };
}

/** Compares digests in constant time, so that the time depends neither on content nor on length. */
function isSameSecret(a: string, b: string): boolean {
  return timingSafeEqual(sha256(a), sha256(b));
}

function sha256(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
