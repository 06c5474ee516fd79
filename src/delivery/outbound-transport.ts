import { parseRealm } from "../protocol/names.ts";
import type { OutboundItem } from "../shard-api/outbound-items.ts";
import type { ShardDirectory } from "../shard-api/shard-api.ts";
import { isShardName } from "../shard-api/shard-names.ts";
import { logError, logWarning } from "../storage/log.ts";
import type { Transport } from "./delivery-queues.ts";
import type { HttpsTransport } from "./https-transport.ts";
import type { DeliveryOutcome } from "./retry-policy.ts";

/** Calls another shard of this deployment, or sends signed HTTPS to a realm elsewhere. */
export class OutboundTransport implements Transport<OutboundItem> {
  readonly #shards: ShardDirectory;
  readonly #https: HttpsTransport;

  constructor(shards: ShardDirectory, https: HttpsTransport) {
    this.#shards = shards;
    this.#https = https;
  }

  async send(destination: string, items: OutboundItem[]): Promise<DeliveryOutcome> {
    const outcome = isShardName(destination)
      ? await this.#callShard(destination, items)
      : await this.#sendToRealm(destination, items);
    if ("problem" in outcome) {
      logWarning("delivery-attempt-failed", { destination, items: items.length, problem: outcome.problem });
    }
    return outcome;
  }

  #sendToRealm(destination: string, items: OutboundItem[]): Promise<DeliveryOutcome> {
    const realm = parseRealm(destination);
    if (!realm) throw new Error("a destination that is neither a shard nor a realm");
    return this.#https.send(realm, items);
  }

  async #callShard(destination: string, items: OutboundItem[]): Promise<DeliveryOutcome> {
    try {
      const results = await this.#shards.get(destination).deliver(items);
      return results ? { kind: "answered", results } : { kind: "unreachable", problem: "shard-not-serving" };
    } catch (error) {
      const { isThrownByShard, isOverloaded } = this.#shards.describeFailure(error);
      logError("shard-call-failed", error, { shard: destination, isThrownByShard, isOverloaded });
      return isThrownByShard && !isOverloaded
        ? { kind: "crashed", problem: "shard-crashed" }
        : { kind: "unreachable", problem: "shard-unreachable" };
    }
  }
}

/**
 * A transport for which a refusal is a pause. A replica that is refused for an hour must not keep a gap for ever; a realm that
 * no longer wants a group says so of each message.
 */
export function treatRefusalAsBackoff<Item>(transport: Transport<Item>): Transport<Item> {
  return {
    async send(destination, items) {
      const outcome = await transport.send(destination, items);
      return outcome.kind === "refused" ? { kind: "unreachable", problem: "refused" } : outcome;
    },
  };
}
