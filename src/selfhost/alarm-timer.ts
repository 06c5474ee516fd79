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
    this.#time = time;
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
    const ms = Math.min(Math.max(0, this.#time - Date.now()), limits.alarmCheckMaxMs);
    this.#timeout = setTimeout(() => void this.#check(), ms);
  }

  async #check(): Promise<void> {
    if (this.#time === null || this.#time > Date.now()) return this.#arm();
    this.#time = null;
    this.#isRinging = true;
    try {
      await this.#onAlarm();
    } catch (error) {
      logError("alarm-failed", error);
      this.#time ??= Date.now() + limits.deliveryRescueMs;
    }
    this.#isRinging = false;
    this.#arm();
  }
}
