import type { ErrorCode } from "../../protocol/error-texts.ts";

/** Errors that no case causes, and why. A test holds that every other error of the protocol has a case. */
export const errorsBeyondReach: Partial<Record<ErrorCode, string>> = {
  ...because("a client that sends valid HTTP never gets it", ["bad-request"]),
  ...because("only a broken or very slow connection gets it", ["body-incomplete", "body-too-slow"]),
  ...because("it depends on where the check runs", ["basic-needs-https"]),
  ...because("it needs HTTP Basic, which a server refuses over plain HTTP from elsewhere", ["no-session"]),
  ...because("the operator decides it", [
    "registration-closed",
    "invitation-required",
    "no-such-code",
    "banned",
    "realm-banned",
    "locked-down",
    "not-banned",
    "root-only",
    "too-many-codes",
    "shards-changed",
    "misconfigured",
  ]),
  ...because("it needs a fault of the server", ["internal", "unavailable"]),
  ...because("it needs a realm that is away, refuses or is faulty", [
    ...(["realm-away", "realm-refuses", "realm-faulty", "refused", "too-large", "unprocessable", "expired"] as const),
  ]),
  ...because("it answers a signed request, which only a realm can send", [
    ...(["signature-refused", "peer-refused", "bad-federation-request", "batch-too-large", "slow-down"] as const),
  ]),
  ...because("it takes more requests or data than a check may cost", [
    ...(["group-full", "too-many-groups", "too-many-conversations", "too-many-realms", "too-many-sockets"] as const),
    ...([
      "too-many-tokens",
      "too-many-blocks",
      "queue-full",
      "quota-exceeded",
      "mailbox-full",
      "group-log-full",
      "reply-too-large",
      "busy",
    ] as const),
  ]),
  ...because("only the bridge answers it", ["too-many-connections", "connection-idle", "incomplete-request"]),
};

function because(reason: string, codes: readonly ErrorCode[]): Partial<Record<ErrorCode, string>> {
  return Object.fromEntries(codes.map((code) => [code, reason]));
}
