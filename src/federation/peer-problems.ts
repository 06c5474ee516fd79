/**
 * Why a peer could not be reached or its keys could not be read. Operators see these words in the log, in `realms` and in
 * `peertest`; senders see them as the reason why a message is still queued. The README of this folder explains each.
 */
export const peerProblems = [
  "no-route-to-realm",
  "address-not-allowed",
  "dns-failed",
  "tls-failed",
  "dns-or-tls-failed",
  "connection-failed",
  "timeout",
  "redirected",
  "answer-too-large",
  "invalid-answer",
  "no-signing-key",
  "internal-error",
  "invalid-well-known",
  "realm-name-mismatch",
  "endpoint-origin-mismatch",
  "key-fetch-rate-limited",
] as const;
/** Also the status of an answer that is of no use, such as `status-503`. */
export type PeerProblem = (typeof peerProblems)[number] | `status-${number}`;
