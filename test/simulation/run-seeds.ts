import { vi } from "vitest";
import { simulate } from "./simulate.ts";

/** Runs the seeds `first` to `last`. Two test files each run one half, so that two cores share the work. */
export async function runSeeds(first: number, last: number): Promise<void> {
  // The realms log every step of a clock.
  vi.spyOn(console, "warn").mockImplementation(() => {});
  for (let seed = first; seed <= last; seed++) {
    try {
      await simulate(seed);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new Error(`${message}\nReproduce with: npm run simulate -- --seed ${seed}`);
    }
  }
}
