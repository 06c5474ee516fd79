import { limits } from "../limits.ts";
import type { AlarmPort } from "../storage/alarm-schedule.ts";
import { logError } from "../storage/log.ts";

/**
 * The alarm of a shard, as a timer of this process. It is not stored: a server starts all its shards, and the start of a shard
 * schedules everything that is due (`Maintenance`).
 */
export class AlarmTimer implements AlarmPort {
  readonly #onAlarm: () => Promise<void>;
  /** Milliseconds since 1970; null: no alarm is set. */
  #time: number | null = null;
  /** The same moment by the monotonic clock, as the clock stood when the alarm was set. */
  #monotonicTime = 0;
  #timeout: NodeJS.Timeout | undefined;
  #isRinging = false;
  #isStopped = false;

  /** @param onAlarm is never called again before it has ended; if it fails, it is called again later */
  constructor(onAlarm: () => Promise<void>) {
    this.#onAlarm = onAlarm;
  }

  async get(): Promise<number | null> {
    return this.#time;
  }

  async set(time: number): Promise<void> {
    this.#setTime(time);
    this.#arm();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timeout);
  }

  #arm(): void {
    clearTimeout(this.#timeout);
    if (this.#time === null || this.#isRinging || this.#isStopped) return;
    // A timer counts elapsed time. Checking the clock now and then finds a clock that was set.
    const ms = Math.min(this.#remainingMs(this.#time), limits.alarmCheckMaxMs);
    this.#timeout = setTimeout(() => void this.#check(), ms);
  }

  #setTime(time: number): void {
    this.#time = time;
    this.#monotonicTime = performance.now() + time - Date.now();
  }

  /** By the clock that comes first: a clock that was set back delays no alarm, and one that rings too early does no harm. */
  #remainingMs(time: number): number {
    return Math.max(0, Math.min(time - Date.now(), Math.ceil(this.#monotonicTime - performance.now())));
  }

  async #check(): Promise<void> {
    if (this.#time === null || this.#remainingMs(this.#time) > 0) return this.#arm();
    this.#time = null;
    this.#isRinging = true;
    try {
      await this.#onAlarm();
    } catch (error) {
      logError("alarm-failed", error);
      if (this.#time === null) this.#setTime(Date.now() + limits.deliveryRescueMs);
    }
    this.#isRinging = false;
    this.#arm();
  }
}
