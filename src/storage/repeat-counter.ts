import { limits } from "../limits.ts";
import type { Clock } from "./clock.ts";

/** Lines of one kind that were left out in a minute that is over. */
export interface Unlogged {
  kind: string;
  times: number;
  /** When it began, as ISO 8601. */
  minute: string;
}

/**
 * Decides which lines are logged: of each kind the first ones of a minute. The others are counted, and the count is due with the
 * first line of any kind after that minute.
 */
export class RepeatCounter {
  readonly #clock: Clock;
  readonly #counts = new Map<string, number>();
  #minute = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts a line. What `unlogged` says is to be logged before it. */
  count(kind: string): { isLogged: boolean; unlogged: Unlogged[] } {
    const unlogged = this.#endMinute();
    // Peers choose a part of some kinds.
    const key = this.#counts.has(kind) || this.#counts.size < limits.logKindsMax ? kind : "others";
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    return { isLogged: count <= limits.logLinesPerMinute, unlogged };
  }

  /** A clock that was set back ends the minute too. */
  #endMinute(): Unlogged[] {
    const current = Math.floor(this.#clock() / minuteMs);
    if (current === this.#minute) return [];
    const minute = Number.isFinite(this.#minute) ? new Date(this.#minute * minuteMs).toISOString() : "";
    const unlogged = [...this.#counts]
      .map(([kind, count]) => ({ kind, times: count - limits.logLinesPerMinute, minute }))
      .filter(({ times }) => times > 0);
    this.#minute = current;
    this.#counts.clear();
    return unlogged;
  }
}

const minuteMs = 60_000;
