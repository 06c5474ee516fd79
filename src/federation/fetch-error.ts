/** What the error of a failed `fetch`, or of reading its answer, says about the network. */
export type NetworkFailure =
  | "dns-failed"
  | "tls-failed"
  | "connection-failed"
  | "timeout"
  | "invalid-answer"
  /** workerd hides the cause: the name was not resolved, it leads to an address that is not allowed, or TLS failed. */
  | "hidden";

/**
 * Classifies an error by what the runtimes really throw. Node (undici) gives a cause with a `code`. workerd gives texts only:
 * "Network connection lost." for every connection that was refused or lost, and "internal error; reference = …" for DNS and
 * TLS. Its own log has the cause of each reference. Cloudflare answers a status from 520 to 530 instead of throwing.
 *
 * @returns null where the error is no failure of the network or of the peer: it is a bug, and is to be logged as one
 */
export function classifyFetchError(error: unknown): NetworkFailure | null {
  if (!(error instanceof Error)) return null;
  return error.cause instanceof Error ? byCause(error.cause) : byWorkerdText(error);
}

function byCause(cause: Error): NetworkFailure | null {
  // undici names the parser's error, and gives it no code.
  if (cause.name === "HTTPParserError") return "connection-failed";
  if (!("code" in cause) || typeof cause.code !== "string") return null;
  const { code } = cause;
  if (dnsCodes.test(code)) return "dns-failed";
  if (tlsCodes.test(code)) return "tls-failed";
  if (timeoutCodes.test(code)) return "timeout";
  if (connectionCodes.test(code)) return "connection-failed";
  return decompressionCodes.test(code) ? "invalid-answer" : null;
}

const dnsCodes = /^(ENOTFOUND|ENODATA|EAI_\w+)$/;
/** OpenSSL's names for what is wrong with a certificate have no common beginning (Node, "X509 certificate error codes"). */
const tlsCodes =
  /^(ERR_TLS_\w+|ERR_SSL_\w+|EPROTO|CERT_\w+|CRL_\w+|UNABLE_TO_\w+|DEPTH_ZERO_\w+|SELF_SIGNED_\w+|ERROR_IN_C\w+|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED)$/;
const timeoutCodes = /^(ETIMEDOUT|UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT)$/;
const connectionCodes =
  /^(ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL|UND_ERR_SOCKET)$/;
const decompressionCodes = /^(Z_\w+|ERR__\w+|ERR_BROTLI_\w+|ZSTD_\w+)$/;

function byWorkerdText({ message }: Error): NetworkFailure | null {
  if (message === "Network connection lost.") return "connection-failed";
  if (message.startsWith("internal error; reference = ")) return "hidden";
  return /^(Gzip|Brotli|Deflate) (decompression failed|compressed stream ended prematurely)\.$/.test(message)
    ? "invalid-answer"
    : null;
}
