import { limits } from "../limits.ts";
import type { AlarmPort } from "../storage/alarm-schedule.ts";

/**
 * The alarm of a shard, as a timer of this process. It is not stored: a server starts all its shards, and the start of a shard
 * schedules everything that is due (`Maintenance`).
 */
export class AlarmTimer implements AlarmPort {
  readonly #ring: () => Promise<void>;
  /** Milliseconds since 1970; null: no alarm is set. */
  #time: number | null = null;
  #timeout: NodeJS.Timeout | null = null;
  #isRinging = false;
  #isStopped = false;

  /** @param ring is never called again before it has ended */
  constructor(ring: () => Promise<void>) {
    this.#ring = ring;
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
    if (this.#timeout) clearTimeout(this.#timeout);
  }

  #arm(): void {
    if (this.#timeout) clearTimeout(this.#timeout);
    if (this.#time === null || this.#isRinging || this.#isStopped) return;
    // A timer counts elapsed time. Looking at the clock again now and then finds a clock that was set.
    const ms = Math.min(Math.max(0, this.#time - Date.now()), limits.alarmLookMaxMs);
    this.#timeout = setTimeout(() => void this.#look(), ms);
  }

  async #look(): Promise<void> {
    if (this.#time === null || this.#time > Date.now()) return this.#arm();
    this.#time = null;
    this.#isRinging = true;
    await this.#ring();
    this.#isRinging = false;
    this.#arm();
  }
}
