import { DurableObject } from "cloudflare:workers";
import { PriorityQueue } from "../hasher/priority-queue.ts";
import {
  type DerivedKey,
  deriveKey,
  type HashPriority,
  type PasswordHashing,
  type ScryptCost,
} from "../hasher/scrypt.ts";
import { limits } from "../limits.ts";
import type { Bindings } from "./bindings.ts";

/**
 * Derives keys from passwords and stores nothing. A derivation takes about 0.25 s of CPU time. That is more than a Worker may
 * use, and it would block the requests of a shard, so a separate Durable Object does it.
 */
export class PasswordHasher extends DurableObject<Bindings> implements PasswordHashing {
  readonly #queue = new PriorityQueue(limits.hashQueueMax, limits.hashPauseMs);

  async derive(priority: HashPriority, password: string, salt: Uint8Array, cost: ScryptCost): Promise<DerivedKey> {
    const key = this.#queue.add(priority, () => deriveKey(password, salt, cost));
    // A full queue takes about 0.25 s for each job.
    if (!key) return { ok: false, retryAfterSeconds: Math.ceil(limits.hashQueueMax / 4) };
    return { ok: true, key: await key };
  }
}
