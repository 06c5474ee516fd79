import { limits } from "../limits.ts";
import type { Clock, PresentOf, SteadyClock } from "./clock.ts";
import { type ClockPeriod, newestSteadyMs, periodsAfterStep, presentTime, uncountedPart } from "./clock-periods.ts";
import { logWarning } from "./log.ts";
import type { Reader, Transaction } from "./sql.ts";

export interface ClockHistoryDeps {
  /** For the log. */
  shardName: string;
  database: Reader;
  clock: Clock;
  monotonic: Clock;
}

/**
 * What a shard knows of the past of its clock (table `clock_periods`): it notices steps, logs them, and reads stored times in spite
 * of them. While the process lives, a step is what the clock has moved beyond the monotonic clock. Across a restart it is a look
 * behind the last stored one, or more than `clockGapMaxMs` after it.
 *
 * Only for hosts that do not keep their clock right by themselves: it writes a row an hour.
 */
export class ClockHistory {
  readonly #deps: ClockHistoryDeps;
  #periods: ClockPeriod[];
  /** The last look, by both clocks. */
  #seenAt: number;
  #seenAtMonotonic: number;
  /** What is stored of the newest period; null: the periods themselves have changed. */
  #storedUpTo: number | null = null;

  constructor(deps: ClockHistoryDeps) {
    this.#deps = deps;
    this.#seenAt = deps.clock();
    this.#seenAtMonotonic = deps.monotonic();
    this.#periods = deps.database.all<{ [Key in keyof ClockPeriod]: number }>(periodsQuery);
    const last = this.#periods.at(-1);
    if (!last) {
      this.#periods = [{ startedAt: this.#seenAt, endedAt: this.#seenAt, steadyMs: 0 }];
      return;
    }
    const sinceStop = this.#seenAt - last.endedAt;
    // A machine that was off is no step.
    if (sinceStop >= -limits.clockStepMinMs && sinceStop <= limits.clockGapMaxMs) return;
    // The process may have lived on after the last stored look.
    last.endedAt += limits.clockLookEveryMs;
    this.#stepped(sinceStop, true);
  }

  /** The clock. Every time that is read is a look, so that no time is stored between two steps that nobody has seen. */
  readonly now: Clock = () => {
    this.#look();
    return this.#seenAt;
  };

  /** The same moment as a stored time, by the present clock. A time that no period explains may come out ahead of now. */
  readonly presentOf: PresentOf = (time) => {
    this.#look();
    return presentTime(this.#periods, time, this.#seenAt);
  };

  /** The time without what is not counted of its steps. */
  readonly steady: SteadyClock = {
    now: () => this.now() + newestSteadyMs(this.#periods),
    wallTimeOf: (time) => {
      this.#look();
      return time - newestSteadyMs(this.#periods);
    },
  };

  /** When the next look must be stored, in milliseconds since 1970. */
  nextDue(): number {
    return this.#storedUpTo === null ? this.now() : this.#storedUpTo + limits.clockLookEveryMs;
  }

  /** Stores what was seen, if that is due. */
  save(tx: Transaction): void {
    this.#look();
    const before = this.#storedUpTo;
    const newest = this.#periods.at(-1);
    if (!newest || (before !== null && this.#seenAt - before < limits.clockLookEveryMs)) return;
    newest.endedAt = Math.max(newest.endedAt, this.#seenAt);
    this.#storedUpTo = this.#seenAt;
    tx.onRollback(() => {
      this.#storedUpTo = before;
    });
    if (before !== null) {
      tx.write("update clock_periods set ended_at = ? where id = (select max(id) from clock_periods)", newest.endedAt);
      return;
    }
    tx.write("delete from clock_periods");
    for (const { startedAt, endedAt, steadyMs } of this.#periods) {
      tx.write(
        "insert into clock_periods (started_at, ended_at, steady_ms) values (?, ?, ?)",
        startedAt,
        endedAt,
        steadyMs,
      );
    }
  }

  #look(): void {
    const [now, monotonic] = [this.#deps.clock(), this.#deps.monotonic()];
    // A monotonic clock counts fractions, and stored times are whole.
    const stepMs = Math.round(now - this.#seenAt - (monotonic - this.#seenAtMonotonic));
    const seenAt = this.#seenAt;
    this.#seenAt = now;
    this.#seenAtMonotonic = monotonic;
    if (Math.abs(stepMs) < limits.clockStepMinMs) return;
    const newest = this.#periods.at(-1);
    if (newest) newest.endedAt = Math.max(newest.endedAt, seenAt);
    this.#stepped(stepMs, false);
  }

  #stepped(stepMs: number, isRestart: boolean): void {
    const uncountedMs = uncountedPart(stepMs);
    const seconds = Math.round(stepMs / 1000);
    logWarning("clock-stepped", {
      shard: this.#deps.shardName,
      seconds,
      uncountedSeconds: Math.round(uncountedMs / 1000),
      isRestart,
    });
    if (uncountedMs === 0) return;
    this.#periods = periodsAfterStep(this.#periods, uncountedMs, this.#seenAt);
    this.#storedUpTo = null;
  }
}

const periodsQuery = `select started_at startedAt, ended_at endedAt, steady_ms steadyMs from clock_periods order by id`;
