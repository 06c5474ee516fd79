import type { SteadyClock } from "./clock.ts";

const dayMs = 24 * 60 * 60 * 1000;
/** The day of the last text, and how its texts begin: most messages of a page are of one day. */
let day = Number.NaN;
let dayPrefix = "";

/**
 * The text of `Date.prototype.toISOString` (UTC, milliseconds) in a fifth of its time. A page formats one time a message.
 *
 * @param time whole milliseconds since 1970
 * @throws RangeError where the language has no such date
 */
export function isoTime(time: number): string {
  const timeDay = Math.floor(time / dayMs);
  if (timeDay !== day) {
    dayPrefix = new Date(timeDay * dayMs).toISOString().slice(0, -"00:00:00.000Z".length);
    day = timeDay;
  }
  const ms = time - timeDay * dayMs;
  const seconds = Math.floor(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  return `${dayPrefix}${pad2(Math.floor(minutes / 60))}:${pad2(minutes % 60)}:${pad2(seconds % 60)}.${pad3(ms % 1000)}Z`;
}

/** A time that there may not be, for a reply. */
export function isoTimeOrNull(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}

/** A time of a steady clock, as the present clock shows it. */
export function steadyIsoTime(clock: SteadyClock, time: number): string {
  return new Date(clock.wallTimeOf(time)).toISOString();
}

function pad2(number: number): string {
  return number < 10 ? `0${number}` : `${number}`;
}

function pad3(number: number): string {
  return number < 100 ? `0${pad2(number)}` : `${number}`;
}
