import { simulate } from "./simulate.ts";

/** Runs seeds `first` to `last`; the two halves of them are files of their own, so that two cores share them. */
export async function everySeedHolds(first: number, last: number): Promise<void> {
  for (let seed = first; seed <= last; seed++) {
    try {
      await simulate(seed);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new Error(`${message}\nSee it happen: npm run simulate -- --seed ${seed}`);
    }
  }
}
