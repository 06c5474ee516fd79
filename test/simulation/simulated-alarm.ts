import type { AlarmPort } from "../../src/storage/alarm-schedule.ts";
import type { SimulatedDatabase } from "./simulated-database.ts";

/**
 * The platform's record of a shard's alarm. It is in the shard's database: a rollback undoes a change, and a crash does not. An
 * alarm whose handler did not end before a crash fires again.
 */
export class SimulatedAlarm implements AlarmPort {
  readonly #database: SimulatedDatabase;
  /** A mutation: alarms are lost. */
  readonly #isLost: boolean;

  constructor(database: SimulatedDatabase, isLost: boolean) {
    this.#database = database;
    this.#isLost = isLost;
    database.platform.run(
      "create table platform_alarm (time integer not null, is_firing integer not null default 0) strict",
    );
  }

  /** When the alarm fires next, by the realm's clock. */
  get time(): number | null {
    const query = "select min(time) time from platform_alarm where is_firing = 0";
    return this.#database.platform.all<{ time: number | null }>(query)[0]?.time ?? null;
  }

  async get(): Promise<number | null> {
    return this.time;
  }

  async set(time: number): Promise<void> {
    if (this.#isLost) return;
    this.#database.platform.run("delete from platform_alarm where is_firing = 0");
    this.#database.platform.run("insert into platform_alarm (time) values (?)", time);
  }

  /** The handler begins. */
  fire(): void {
    this.#database.platform.run("update platform_alarm set is_firing = 1");
  }

  /** The handler has ended. */
  finish(): void {
    this.#database.platform.run("delete from platform_alarm where is_firing = 1");
  }

  /** The process has ended, and its host does not store alarms. */
  clear(): void {
    this.#database.platform.run("delete from platform_alarm");
  }

  /** The process has crashed, perhaps during the handler. */
  crash(): void {
    this.#database.platform.run("update platform_alarm set is_firing = 0");
  }
}
