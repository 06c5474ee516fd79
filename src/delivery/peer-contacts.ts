import type { Config } from "../config/config.ts";
import { limits } from "../limits.ts";
import type { RealmName } from "../protocol/names.ts";
import type { AddressRouter } from "../shard-api/address-router.ts";
import type { ShardDirectory } from "../shard-api/shard-api.ts";
import type { Clock } from "../storage/clock.ts";
import { logError } from "../storage/log.ts";
import type { UnitOfWork } from "../storage/unit-of-work.ts";
import type { DestinationStore } from "./destination-store.ts";

export interface PeerContactsDeps {
  config: Config;
  router: AddressRouter;
  shards: ShardDirectory;
  unitOfWork: UnitOfWork;
  destinations: DestinationStore;
  queues: readonly { retryNow(destination: string): Promise<void> }[];
  clock: Clock;
}

/** A realm that contacts this one is there: what waits for it is sent now, from every shard. */
export class PeerContacts {
  readonly #deps: PeerContactsDeps;

  constructor(deps: PeerContactsDeps) {
    this.#deps = deps;
  }

  /** Tries this shard's queues to the realm. */
  async retryHere(realm: RealmName): Promise<void> {
    await Promise.all(this.#deps.queues.map((queue) => queue.retryNow(realm)));
  }

  /** Tries the queues of all the realm's shards. */
  async retryEverywhere(realm: RealmName): Promise<void> {
    const { router, shards } = this.#deps;
    const others = router.otherShards().map((name) => shards.get(name).retryQueuesTo(realm));
    await Promise.all([this.retryHere(realm), ...others]);
  }

  /** Notes a peer's contact and tries all queues to it. The peer's request does not wait for that. */
  recordContact(realm: RealmName): void {
    const { clock, config, destinations, unitOfWork } = this.#deps;
    const noted = unitOfWork.run((tx) => {
      if (config.peers.has(realm)) destinations.noteContact(tx, realm, clock(), limits.contactWriteMinIntervalMs);
    });
    for (const done of [noted, this.retryEverywhere(realm)]) {
      done.catch((error) => logError("peer-contact-not-recorded", error, { realm }));
    }
  }
}
