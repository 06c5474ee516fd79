import type { FederationClient } from "../federation/federation-client.ts";
import type { FetchResult } from "../federation/outbound-fetch.ts";
import { limits } from "../limits.ts";
import {
  federationPaths,
  parseDeliveryAnswer,
  type WireDelivery,
  type WireItem,
  type WireResult,
} from "../protocol/federation-wire.ts";
import { toJson } from "../protocol/json.ts";
import type { RealmName } from "../protocol/names.ts";
import { type DeliveryResult, type FailureReason, failureReasons } from "../shard-api/delivery-result.ts";
import type { OutboundItem } from "../shard-api/outbound-items.ts";
import type { DeliveryOutcome } from "./retry-policy.ts";

/** Delivers batches to realms of other deployments, by signed HTTPS requests. */
export class HttpsTransport {
  readonly #client: FederationClient;

  constructor(client: FederationClient) {
    this.#client = client;
  }

  /** Sends a batch to `POST /federation/deliver` of a peer. Never throws. */
  async send(to: RealmName, items: OutboundItem[]): Promise<DeliveryOutcome> {
    const body = toJson({ messages: items.map(wireOf) } satisfies WireDelivery);
    const maxBytes = limits.queryMaxBytes * items.length;
    return outcomeOf(await this.#client.post(to, federationPaths.deliver, body, maxBytes), items.length);
  }
}

/** An item as it crosses the network: times are milliseconds inside and ISO 8601 outside. */
function wireOf(item: OutboundItem): WireItem {
  const time = new Date(item.time).toISOString();
  if (item.kind === "group-message" || item.kind === "membership-update") return { ...item, time };
  const { uid, kind, from, to, text } = item;
  return { uid, kind, from, to, text, time };
}

/**
 * What an answer means for the batch. A refusal counts only with the `Error-Code` of a realm: a proxy or a maintenance page
 * may answer with the same status.
 */
function outcomeOf(answer: FetchResult, size: number): DeliveryOutcome {
  if (!answer.ok) return { kind: "unreachable", problem: answer.problem };
  const { status, headers } = answer;
  if (status === 200) {
    const parsed = parseDeliveryAnswer(answer.body);
    if (parsed?.results.length !== size) return { kind: "unreachable", problem: "invalid-answer" };
    return { kind: "answered", results: parsed.results.map(resultOf) };
  }
  switch (headers.get("error-code")) {
    case "peer-refused":
      return { kind: "refused" };
    case "bad-federation-request":
      return { kind: "batch-rejected", reason: "unprocessable" };
    case "body-too-large":
    case "batch-too-large":
      return { kind: "batch-rejected", reason: "too-large" };
    case "internal":
      return { kind: "crashed", problem: "peer-crashed" };
  }
  const seconds = Number(headers.get("retry-after") ?? 0);
  const retryAfterMs = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0;
  // Also 401: once the clock is set or the key is published, the same batch is accepted.
  return { kind: "unreachable", problem: `status-${status}`, retryAfterMs };
}

function resultOf(result: WireResult): DeliveryResult {
  if (result.state === "failed") return { state: "failed", reason: reasonOf(result.reason) };
  if (result.state === "deferred" || result.id === undefined) return { state: result.state };
  return { state: "delivered", id: result.id };
}

/** A reason that this release does not know, or that only a sender can give, counts as a refusal. */
function reasonOf(reason: string): FailureReason {
  return failureReasons.find((known) => known === reason && known !== "expired") ?? "refused";
}
