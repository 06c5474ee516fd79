import { limits } from "../limits.ts";

/** A stretch of time without a step of the clock. Times are milliseconds since 1970, by the clock of that stretch. */
export interface ClockPeriod {
  startedAt: number;
  /** The last look at the clock. The newest period has not ended: it goes on after it. */
  endedAt: number;
  /** What to add to a time of this period to get the same moment by the steady clock. */
  steadyMs: number;
}

/**
 * The part of a step that cannot be time that has passed: all of a step back, and of a step forward what goes beyond
 * `clockGapMaxMs`. Up to there the machine may have been off or suspended.
 */
export function uncountedPart(stepMs: number): number {
  return stepMs < 0 ? stepMs : Math.max(0, stepMs - limits.clockGapMaxMs);
}

/** The periods after a step: a new one begins, in which the steady clock does not show what is not counted. */
export function periodsAfterStep(periods: readonly ClockPeriod[], uncountedMs: number, now: number): ClockPeriod[] {
  const steadyMs = newestSteadyMs(periods) - uncountedMs;
  return mergedOldest([...periods, { startedAt: now, endedAt: now, steadyMs }]);
}

/** What to add to the present clock to get the steady one. */
export function newestSteadyMs(periods: readonly ClockPeriod[]): number {
  return periods.at(-1)?.steadyMs ?? 0;
}

/**
 * The same moment as `time` by the present clock. Periods overlap after a step back, and nothing tells in which of them a time was
 * written: the latest moment counts, so that nothing is taken for older than it is. A time that no period explains may come out
 * ahead of now.
 */
export function presentTime(periods: readonly ClockPeriod[], time: number, now: number): number {
  if (periods.length === 1) return time;
  const newest = periods.length - 1;
  const shiftOf = ({ steadyMs }: ClockPeriod) => steadyMs - newestSteadyMs(periods);
  const holding = periods.filter(
    ({ startedAt, endedAt }, index) => startedAt <= time && time <= (index === newest ? now : endedAt),
  );
  // The end of a period is not known exactly, so that its times may come out a little ahead.
  if (holding.length > 0) return Math.min(now, time + Math.max(...holding.map(shiftOf)));
  const past = periods.map((period) => time + shiftOf(period)).filter((present) => present <= now);
  return past.length > 0 ? Math.max(...past) : time;
}

/** At most `clockPeriodsMax` periods: the oldest two become one, and again the latest moment counts. */
function mergedOldest(periods: ClockPeriod[]): ClockPeriod[] {
  const [first, second, ...rest] = periods;
  if (!first || !second || periods.length <= limits.clockPeriodsMax) return periods;
  const merged = {
    startedAt: Math.min(first.startedAt, second.startedAt),
    endedAt: Math.max(first.endedAt, second.endedAt),
    steadyMs: Math.max(first.steadyMs, second.steadyMs),
  };
  return [merged, ...rest];
}
