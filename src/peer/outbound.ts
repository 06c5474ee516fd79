import { limits } from "../limits.ts";
import { isReachable } from "./policy.ts";

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
  if (!isReachable(new URL(request.url), localPeers)) return { ok: false, problem: "address-not-allowed" };
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(request, { redirect: "manual", signal });
    if (response.status >= 300 && response.status < 400) {
      await response.body?.cancel();
      return { ok: false, problem: "redirected" };
    }
    const body = await readCapped(response, mostBytes, signal);
    if (!body) return { ok: false, problem: "answer-too-large" };
    return { ok: true, status: response.status, headers: response.headers, body };
  } catch {
    return { ok: false, problem: signal.aborted ? "no-answer-in-time" : "no-connection" };
  }
}

/** @returns null where there is more than `most`; the rest stays unread */
async function readCapped(response: Response, most: number, signal: AbortSignal): Promise<Uint8Array | null> {
  if (!response.body) return new Uint8Array(0);
  const reader = response.body.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    signal.throwIfAborted();
    if (done) break;
    size += value.byteLength;
    if (size > most) {
      await reader.cancel();
      return null;
    }
    parts.push(value);
  }
  return joined(parts, size);
}

function joined(parts: Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}
