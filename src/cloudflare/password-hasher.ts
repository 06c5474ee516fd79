import { DurableObject } from "cloudflare:workers";
import type { Env } from "../config/config.ts";
import { Queue } from "../hasher/priority-queue.ts";
import { type Cost, type Derived, deriveKey, type Lane } from "../hasher/scrypt.ts";
import { limits } from "../limits.ts";

/**
 * Computes password hashes and holds nothing. It is an object of its own because a hash takes about a quarter of a
 * second of CPU: more than a Worker may have, and longer than a realm may stand still.
 */
export class PasswordHasher extends DurableObject<Env> {
  readonly #queue = new Queue(limits.hashQueueMax, limits.hashPauseMs);

  async derive(lane: Lane, password: string, salt: Uint8Array, cost: Cost): Promise<Derived> {
    const key = this.#queue.add(lane, () => deriveKey(password, salt, cost));
    if (!key) return { ok: false, retryAfter: Math.ceil(limits.hashQueueMax / 4) };
    return { ok: true, key: await key };
  }
}
