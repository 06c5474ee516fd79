import { limits } from "../limits.ts";
import type { FullAddress } from "../protocol/names.ts";

/** Remembers how far groups elsewhere have come by what accounts of this object have sent to them. */
export class Seen {
  readonly #newest = new Map<FullAddress, number>();

  note(group: FullAddress, id: number): void {
    if (this.#newest.size >= limits.lastWrittenIdsMax) this.#newest.clear();
    this.#newest.set(group, Math.max(id, this.of(group)));
  }

  /** A message that is there for certain, 0 for none. */
  of(group: FullAddress): number {
    return this.#newest.get(group) ?? 0;
  }
}
