import { limits } from "../limits.ts";
import { isAllowedPeerOrigin } from "../protocol/peer-origin-rules.ts";
import type { Timer } from "../storage/clock.ts";
import { logError, logWarning } from "../storage/log.ts";
import { readLimited } from "../storage/read-limited.ts";
import { classifyFetchError } from "./fetch-error.ts";
import type { PeerProblem } from "./peer-problems.ts";

/** The answer of a peer, or why there is none. */
export type FetchResult =
  | { ok: true; status: number; headers: Headers; body: Uint8Array }
  | { ok: false; problem: PeerProblem };

export interface OutboundFetchDeps {
  fetch: typeof fetch;
  /** Development only: peers on this machine, over plain HTTP. */
  localPeers: boolean;
  timer: Timer;
  /**
   * Whether a plain TCP connection can be opened. A host whose `fetch` hides the cause of an error gives this: a connection
   * that opens means that TLS failed.
   */
  canConnect?: (hostname: string, port: number) => Promise<boolean>;
}

/**
 * Sends a request to a peer. The target is a public HTTPS origin, redirects are not followed, the whole answer must arrive
 * within `timeoutMs`, and at most `maxBytes` are read. Never throws.
 */
export async function fetchFromPeer(
  deps: OutboundFetchDeps,
  request: Request,
  maxBytes: number,
  timeoutMs: number = limits.peerTimeoutMs,
): Promise<FetchResult> {
  const url = new URL(request.url);
  const failed = (problem: PeerProblem, cause?: string) => {
    logWarning("peer-fetch-failed", { host: url.host, path: url.pathname, problem, cause });
    return { ok: false, problem } as const;
  };
  if (!isAllowedPeerOrigin(url, deps.localPeers)) return failed("address-not-allowed");
  // Not `AbortSignal.timeout`: its timer would keep a Durable Object awake after the answer has arrived.
  const controller = new AbortController();
  const stopTimer = deps.timer(() => controller.abort(), timeoutMs);
  try {
    const { signal } = controller;
    const exchanged = await exchange(deps.fetch, request, maxBytes, signal);
    if (!("error" in exchanged)) return exchanged.ok ? exchanged : failed(exchanged.problem);
    const problem = signal.aborted ? "timeout" : await problemOf(exchanged.error, url, signal, deps);
    return failed(problem, rootCauseOf(exchanged.error));
  } catch (error) {
    logError("peer-fetch-failed", error, { host: url.host, path: url.pathname, problem: "internal-error" });
    return { ok: false, problem: "internal-error" };
  } finally {
    stopTimer();
  }
}

async function exchange(
  fetch: OutboundFetchDeps["fetch"],
  request: Request,
  maxBytes: number,
  signal: AbortSignal,
): Promise<FetchResult | { error: unknown }> {
  try {
    const response = await fetch(request, { redirect: "manual", signal });
    if (response.status >= 300 && response.status < 400) {
      await response.body?.cancel();
      return { ok: false, problem: "redirected" };
    }
    const { status, headers } = response;
    const reader = response.body?.getReader();
    if (!reader) return { ok: true, status, headers, body: new Uint8Array(0) };
    const body = await readLimited(reader, maxBytes, () => {
      signal.throwIfAborted();
      return true;
    });
    if (body) return { ok: true, status, headers, body };
    await reader.cancel();
    return { ok: false, problem: "answer-too-large" };
  } catch (error) {
    return { error };
  }
}

/** @throws the error itself, where it is a bug */
async function problemOf(
  error: unknown,
  url: URL,
  signal: AbortSignal,
  { canConnect }: OutboundFetchDeps,
): Promise<PeerProblem> {
  const failure = classifyFetchError(error);
  if (failure === null) throw error;
  if (failure !== "hidden") return failure;
  // Without TLS only the name and its address are left.
  if (url.protocol === "http:") return "dns-failed";
  if (!canConnect) return "dns-or-tls-failed";
  const aborted = new Promise<"timeout">((resolve) => {
    signal.addEventListener("abort", () => resolve("timeout"));
  });
  const opened = await Promise.race([canConnect(url.hostname, Number(url.port || 443)), aborted]);
  if (opened === "timeout") return opened;
  return opened ? "tls-failed" : "dns-failed";
}

/** What the runtime says of a failure: the cause on Node, a text on workerd. */
function rootCauseOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  // The names of a certificate are in the text of its error, and the peer chooses them.
  return String(cause).slice(0, limits.logTextMaxChars);
}
