import { DurableObject } from "cloudflare:workers";
import { QueuedHashing } from "../hasher/queued-hashing.ts";
import type { Derivation, DerivedKey, PasswordHashing } from "../hasher/scrypt.ts";
import { limits } from "../limits.ts";
import type { Bindings } from "./bindings.ts";
import { timer } from "./timer.ts";

/**
 * Derives keys from passwords and stores nothing. A derivation takes about 0.25 s of CPU time. That is more than a Worker may
 * use, and it would block the requests of a shard, so a separate Durable Object does it. A local workerd has one thread for
 * everything: without the pause, a row of derivations would hold up all other requests.
 */
export class PasswordHasher extends DurableObject<Bindings> implements PasswordHashing {
  readonly #hashing = new QueuedHashing({
    concurrency: 1,
    pauseMs: limits.hashPauseMs,
    clock: () => performance.now(),
    timer,
  });

  derive(derivation: Derivation): Promise<DerivedKey> {
    return this.#hashing.derive(derivation);
  }
}
