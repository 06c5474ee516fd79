import { type FailureReason, failureReasons, type Outcome, type Result } from "../delivery/retry-policy.ts";
import { limits } from "../limits.ts";
import type { ErrorCode } from "../protocol/errors.ts";
import {
  federationPaths,
  parseDeliveryAnswer,
  type WireDelivery,
  type WireItem,
  type WireResult,
} from "../protocol/federation-wire.ts";
import type { RealmName } from "../protocol/names.ts";
import type { Change, Copy, Envelope, Letter } from "../shard-api/outbound-items.ts";
import type { Clock } from "../storage/clock.ts";
import { type SigningKey, signedRequest } from "./http-signature.ts";
import { ask, type Outbound, type Received } from "./outbound-fetch.ts";
import { type Federation, originOf } from "./peer-policy.ts";
import type { StoredKey } from "./signing-keys.ts";

export interface Speaker {
  here: RealmName;
  federation: Federation;
  outbound: Outbound;
  clock: Clock;
  /** The realm's signing key; it lives in the realm's first object. */
  signingKey(): Promise<StoredKey>;
}

/** The way to realms of other deployments: signed requests over HTTPS. */
export class Https {
  readonly #speaker: Speaker;
  #imported: SigningKey | null = null;

  constructor(speaker: Speaker) {
    this.#speaker = speaker;
  }

  /** Carries a batch to `POST /federation/deliver`. Never throws. */
  async deliver(to: RealmName, batch: Envelope[]): Promise<Outcome> {
    const body = JSON.stringify({ messages: batch.map(wireOf) } satisfies WireDelivery);
    return outcomeOf(
      await this.post(to, federationPaths.deliver, body, limits.queryMaxBytes * batch.length),
      batch.length,
    );
  }

  /** Sends a signed request. Never throws. */
  async post(
    to: RealmName,
    path: string,
    body: string,
    mostBytes: number,
    timeoutMs: number = limits.peerTimeoutMs,
  ): Promise<Received> {
    const { here, federation, outbound, clock } = this.#speaker;
    const origin = originOf(federation, to);
    if (!origin) return { ok: false, problem: "no-route-to-realm" };
    const key = await this.#key().catch((error) => {
      console.error({ event: "no-signing-key", realm: here, error: String(error) });
      return null;
    });
    if (!key) return { ok: false, problem: "no-signing-key" };
    const request = await signedRequest(new URL(path, origin), body, here, to, key, clock());
    return ask(outbound, request, mostBytes, timeoutMs);
  }

  async #key(): Promise<SigningKey> {
    const { id, jwk } = await this.#speaker.signingKey();
    if (this.#imported?.id !== id) {
      const key = await crypto.subtle.importKey("jwk", JSON.parse(jwk), "Ed25519", false, ["sign"]);
      this.#imported = { id, key };
    }
    return this.#imported;
  }
}

/** An envelope as it crosses the network. */
function wireOf(envelope: Envelope): WireItem {
  const time = new Date(envelope.time).toISOString();
  switch (envelope.kind) {
    case "group-message":
    case "membership-update":
      return { ...envelope, time } satisfies Stamped<Copy> | Stamped<Change>;
    default: {
      const { uid, kind, from, to, text } = envelope satisfies Letter;
      return { uid, kind: kind === "mailbox" ? "private" : "group", from, to, text, time };
    }
  }
}

/** Times are milliseconds inside and ISO 8601 outside. */
type Stamped<E> = Omit<E, "time"> & { time: string };

/**
 * What an HTTP answer means for the batch. A refusal is believed only with the `Error-Code` of a realm: what a proxy or a
 * maintenance page says with the same status is no word of the realm behind it.
 */
function outcomeOf(answer: Received, size: number): Outcome {
  if (!answer.ok) return { kind: "away", problem: answer.problem };
  const { status, headers } = answer;
  if (status === 200) {
    const parsed = parseDeliveryAnswer(answer.body);
    if (parsed?.results.length !== size) return { kind: "away", problem: "invalid-answer" };
    return { kind: "answered", results: parsed.results.map(resultOf) };
  }
  switch (headers.get("error-code") as ErrorCode | null) {
    case "peer-refused":
      return { kind: "refused" };
    case "bad-federation-request":
      return { kind: "indigestible", reason: "unprocessable" };
    case "body-too-large":
    case "batch-too-large":
      return { kind: "indigestible", reason: "too-large" };
    case "internal":
      return { kind: "broken", problem: "internal" };
  }
  const seconds = Number(headers.get("retry-after") ?? 0);
  const retryAfterMs = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0;
  // Also 401: clocks are set right and keys are published, and then the messages go through.
  return { kind: "away", problem: `status-${status}`, retryAfterMs };
}

function resultOf(result: WireResult): Result {
  if (result.state === "failed") return { state: "failed", reason: reasonOf(result.reason) };
  if (result.state === "deferred" || result.id === undefined) return { state: result.state };
  return { state: "delivered", id: result.id };
}

/** A reason that is not a peer's to give, or that this release does not know, is a refusal all the same. */
function reasonOf(reason: string): FailureReason {
  return failureReasons.find((known) => known === reason && known !== "expired") ?? "refused";
}
