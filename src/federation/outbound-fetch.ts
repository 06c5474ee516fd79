import { limits } from "../limits.ts";
import { isAllowedOrigin } from "../protocol/origins.ts";
import { readAtMost } from "../storage/byte-streams.ts";

/** What came back, or why nothing did: a word for people. */
export type Received =
  | { ok: true; status: number; headers: Headers; body: Uint8Array }
  | { ok: false; problem: string };

export interface Outbound {
  fetch: typeof fetch;
  /** Development only: peers on this machine, over plain HTTP. */
  localPeers: boolean;
}

/**
 * Asks another realm. It goes nowhere but to a public HTTPS origin, follows no redirect, waits no longer than
 * `timeoutMs` and reads no more than `mostBytes`. Never throws.
 */
export async function ask(
  { fetch, localPeers }: Outbound,
  request: Request,
  mostBytes: number,
  timeoutMs: number = limits.peerTimeoutMs,
): Promise<Received> {
  if (!isAllowedOrigin(new URL(request.url), localPeers)) return { ok: false, problem: "address-not-allowed" };
  // Not `AbortSignal.timeout`: its timer would keep the object from sleeping after the answer is there.
  const controller = new AbortController();
  const { signal } = controller;
  const timer = setTimeout(() => controller.abort(), timeoutMs);
  try {
    const response = await fetch(request, { redirect: "manual", signal });
    if (response.status >= 300 && response.status < 400) {
      await response.body?.cancel();
      return { ok: false, problem: "redirected" };
    }
    const body = await readAtMost(response.body, mostBytes, signal);
    if (!body) return { ok: false, problem: "answer-too-large" };
    return { ok: true, status: response.status, headers: response.headers, body };
  } catch {
    return { ok: false, problem: signal.aborted ? "no-answer-in-time" : "no-connection" };
  } finally {
    clearTimeout(timer);
  }
}
