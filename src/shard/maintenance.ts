import type { Links } from "../delivery/delivery-queues.ts";
import type { GroupStore } from "../groups/group-store.ts";
import { limits } from "../limits.ts";
import type { Alarm } from "../storage/alarm-schedule.ts";
import type { Clock } from "../storage/clock.ts";
import type { GroupCommit } from "../storage/unit-of-work.ts";
import type { Retention } from "./retention.ts";

/** What comes to its end by time alone: the sessions of live sockets. */
export interface Expiring {
  sweep(): void;
  nextDue(): number | null;
}

/** The links of one kind. */
type Way = Pick<Links, "wakeDue" | "nextDue">;

/** What an object does of its own accord, when its alarm rings: links that are due, sessions that expire, old messages. */
export class Rounds {
  readonly #alarm: Alarm;
  readonly #ways: readonly Way[];
  readonly #retention: Retention;
  readonly #live: Expiring;
  readonly #groups: GroupStore;
  readonly #commit: GroupCommit;
  readonly #clock: Clock;
  #isSweeping = false;
  /** A group was dropped since the last look, perhaps in the commit of that look. */
  #isSweepDue = false;
  /** The alarm knows when retention is due. */
  #isRetentionKept = false;

  constructor(
    alarm: Alarm,
    ways: readonly Way[],
    retention: Retention,
    live: Expiring,
    groups: GroupStore,
    commit: GroupCommit,
    clock: Clock,
  ) {
    this.#alarm = alarm;
    this.#ways = ways;
    this.#retention = retention;
    this.#live = live;
    this.#groups = groups;
    this.#commit = commit;
    this.#clock = clock;
  }

  /** To be called once, before the object serves: what was left undone has an alarm, whatever became of the last one. */
  async start(): Promise<void> {
    await this.#alarm.load();
    this.#rearm();
    if (this.#groups.hasDropped()) void this.sweepDropped();
  }

  /** To be called after a commit: the first message of a realm with a retention sets its alarm. */
  keepRetention(notBefore = 0): void {
    if (this.#isRetentionKept || !this.#retention.isOn) return;
    const due = this.#retention.nextDue();
    if (due === null) return;
    this.#isRetentionKept = true;
    this.#alarm.arm(Math.max(due, notBefore, this.#clock()));
  }

  /** A group was dropped: its messages go, a piece in each commit. */
  async sweepDropped(): Promise<void> {
    this.#isSweepDue = true;
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    const sweep = () => {
      this.#isSweepDue = false;
      return this.#groups.sweepDropped(limits.retentionChunkRows);
    };
    try {
      while ((await this.#commit.run(sweep)) || this.#isSweepDue);
    } catch (error) {
      // What is left is found at the next start.
      console.error({ event: "sweep-failed", error: String(error) });
    } finally {
      this.#isSweeping = false;
    }
  }

  /** A socket was opened: its session's end has an alarm. */
  keepSessions(): void {
    const due = this.#live.nextDue();
    if (due !== null) this.#alarm.arm(due);
  }

  /** To be called when the alarm rings. Never throws: an alarm that throws is tried six times and then dropped for good. */
  async make(): Promise<void> {
    this.#alarm.rang();
    let notBefore = 0;
    try {
      this.#live.sweep();
      await Promise.all(this.#ways.map((links) => links.wakeDue()));
      while (await this.#commit.run(() => this.#retention.sweep()));
    } catch (error) {
      console.error({ event: "alarm-failed", error: String(error) });
      notBefore = this.#clock() + limits.deliveryRescueMs;
    }
    this.#rearm(notBefore);
  }

  /** Last of all, so that nothing that went wrong before can leave the object asleep with work to do. */
  #rearm(notBefore = 0): void {
    for (const due of [...this.#ways.map((links) => links.nextDue()), this.#live.nextDue()]) {
      if (due !== null) this.#alarm.arm(Math.max(due, notBefore, this.#clock()));
    }
    this.#isRetentionKept = false;
    this.keepRetention(notBefore);
  }
}
