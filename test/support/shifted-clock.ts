/**
 * Preloaded into a server (`node --import`): shifts its wall clock by the milliseconds in the file that CLOCK_SHIFT_FILE names, also
 * while it runs. The monotonic clock and the timers stay as they are, as on a machine whose clock is set.
 */
import { readFileSync } from "node:fs";

const file = process.env.CLOCK_SHIFT_FILE ?? "";
const RealDate = Date;
const readEveryMs = 10;
let readAt = Number.NEGATIVE_INFINITY;
let shiftMs = 0;

function shiftedNow(): number {
  if (performance.now() - readAt > readEveryMs) {
    readAt = performance.now();
    shiftMs = Number(readFileSync(file, "utf8"));
  }
  return RealDate.now() + shiftMs;
}

class ShiftedDate extends RealDate {
  constructor(...args: number[]) {
    if (args.length === 0) super(shiftedNow());
    // A date of parts: `new Date(2026, 10, 29)`.
    else super(...(args as [number, number]));
  }

  static override now(): number {
    return shiftedNow();
  }
}
globalThis.Date = ShiftedDate as DateConstructor;
