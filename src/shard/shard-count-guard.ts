import { limits } from "../limits.ts";
import { type Failure, failure } from "../protocol/replies.ts";
import type { UnitOfWork } from "../storage/unit-of-work.ts";
import type { ShardInfoStore } from "./shard-info-store.ts";

export interface ShardCountGuardDeps {
  store: ShardInfoStore;
  unitOfWork: UnitOfWork;
  /** `SHARDS` of the configuration. */
  configured: number;
  /** What shard 0 has recorded; null: this is shard 0. */
  askShardZero: (() => Promise<number>) | null;
}

/**
 * Refuses to serve with another shard count than the realm was created with. The count decides which shard holds a name: with
 * another one accounts would seem to be gone, and new ones would be made in their place.
 */
export class ShardCountGuard {
  readonly #deps: ShardCountGuardDeps;
  #recorded: number | null;

  constructor(deps: ShardCountGuardDeps) {
    this.#deps = deps;
    this.#recorded = deps.store.shardCount();
  }

  /** Whether this shard is known to have the configured count, so that nothing has to be asked. */
  get isVerified(): boolean {
    return this.#recorded === this.#deps.configured;
  }

  /** Why this shard may not serve; null: it may. */
  async check(): Promise<Failure | null> {
    const { askShardZero, configured } = this.#deps;
    if (this.#recorded === null) {
      const realms = askShardZero ? await askShardZero() : await this.record();
      if (realms !== configured) return this.#changed(realms);
      await this.record();
    }
    return this.#recorded === null || this.isVerified ? null : this.#changed(this.#recorded);
  }

  /** @returns the count that this shard was created with; a new shard records the configured one */
  async record(): Promise<number> {
    const { store, unitOfWork, configured } = this.#deps;
    this.#recorded ??= await unitOfWork.run((tx) => {
      const stored = store.shardCount();
      if (stored === null) store.create(tx, configured);
      return stored ?? configured;
    });
    return this.#recorded;
  }

  #changed(recorded: number): Failure {
    return failure("shards-changed", { recorded, configured: this.#deps.configured }, limits.operatorRetrySeconds);
  }
}
