import type { Https } from "../federation/federation-client.ts";
import type { RealmName } from "../protocol/names.ts";
import { isObject } from "../shard-api/address-router.ts";
import type { Envelope } from "../shard-api/outbound-items.ts";
import { type Host, realmObject } from "../shard-api/realm-context.ts";
import type { Carrier } from "./delivery-queues.ts";
import type { Outcome } from "./retry-policy.ts";

/** The two carriers: RPC inside the deployment, signed HTTPS to realms elsewhere. */
export function carrier(host: Host, https: Https): Carrier<Envelope> {
  return async (destination, batch) => {
    const outcome = isObject(destination)
      ? await overRpc(host, destination, batch)
      : await https.deliver(destination as RealmName, batch);
    if ("problem" in outcome) {
      console.warn({ event: "delivery-stopped", destination, messages: batch.length, problem: outcome.problem });
    }
    return outcome;
  };
}

/**
 * A carrier for which a refusal is a pause: a copy that is refused for an hour must not have a hole for ever. Where nobody
 * wants it any more, its realm says so of each message.
 */
export function patient<E extends Envelope>(carry: (destination: string, batch: E[]) => Promise<Outcome>): Carrier<E> {
  return async (destination, batch) => {
    const outcome = await carry(destination, batch);
    return outcome.kind === "refused" ? { kind: "away", problem: "refused" } : outcome;
  };
}

async function overRpc(host: Host, destination: string, batch: Envelope[]): Promise<Outcome> {
  try {
    const results = await realmObject(host, destination).deliver(batch);
    return results ? { kind: "answered", results } : { kind: "away", problem: "shard-not-serving" };
  } catch (error) {
    // `remote` marks what the object's own code threw; the rest is trouble on the way to it (Workers RPC, "Error handling").
    const { remote, overloaded } = error as { remote?: boolean; overloaded?: boolean };
    console.error({ event: "shard-unreachable", destination, remote, overloaded, error: String(error) });
    return remote && !overloaded
      ? { kind: "broken", problem: "shard-crashed" }
      : { kind: "away", problem: "shard-unreachable" };
  }
}
