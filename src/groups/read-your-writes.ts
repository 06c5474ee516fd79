import { limits } from "../limits.ts";
import type { FullAddress } from "../protocol/names.ts";
import { BoundedCache } from "../storage/bounded-cache.ts";

/**
 * The newest message that accounts of this shard have sent to each group elsewhere. A sender who reads the group next finds at least
 * that message. Memory only.
 */
export class ReadYourWrites {
  readonly #newest = new BoundedCache<FullAddress, number>(limits.lastWrittenIdsMax);

  note(group: FullAddress, messageId: number): void {
    this.#newest.set(group, Math.max(messageId, this.get(group)));
  }

  /** The number of a message that exists for certain, 0 for none. */
  get(group: FullAddress): number {
    return this.#newest.get(group) ?? 0;
  }
}
