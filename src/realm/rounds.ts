import { limits } from "../limits.ts";
import type { Links } from "../link/links.ts";
import type { Clock } from "../sql.ts";
import type { Alarm } from "./alarm.ts";
import type { GroupCommit } from "./commit.ts";
import type { Retention } from "./retention.ts";

/** What an object does of its own accord, when its alarm rings: links that are due, and old messages. */
export class Rounds {
  readonly #alarm: Alarm;
  readonly #links: Links;
  readonly #retention: Retention;
  readonly #commit: GroupCommit;
  readonly #clock: Clock;
  /** The alarm knows when retention is due. */
  #isRetentionKept = false;

  constructor(alarm: Alarm, links: Links, retention: Retention, commit: GroupCommit, clock: Clock) {
    this.#alarm = alarm;
    this.#links = links;
    this.#retention = retention;
    this.#commit = commit;
    this.#clock = clock;
  }

  /** To be called once, before the object serves: what was left undone has an alarm, whatever became of the last one. */
  async start(): Promise<void> {
    await this.#alarm.load();
    this.#rearm();
  }

  /** To be called after a commit: the first message of a realm with a retention sets its alarm. */
  keepRetention(notBefore = 0): void {
    if (this.#isRetentionKept || !this.#retention.isOn) return;
    const due = this.#retention.nextDue();
    if (due === null) return;
    this.#isRetentionKept = true;
    this.#alarm.arm(Math.max(due, notBefore, this.#clock()));
  }

  /** To be called when the alarm rings. Never throws: an alarm that throws is tried six times and then dropped for good. */
  async make(): Promise<void> {
    this.#alarm.rang();
    let notBefore = 0;
    try {
      await this.#links.wakeDue();
      while (await this.#commit.run(() => this.#retention.sweep()));
    } catch (error) {
      console.error({ event: "alarm-failed", error: String(error) });
      notBefore = this.#clock() + limits.rescueMs;
    }
    this.#rearm(notBefore);
  }

  /** Last of all, so that nothing that went wrong before can leave the object asleep with work to do. */
  #rearm(notBefore = 0): void {
    const due = this.#links.nextDue();
    if (due !== null) this.#alarm.arm(Math.max(due, notBefore, this.#clock()));
    this.#isRetentionKept = false;
    this.keepRetention(notBefore);
  }
}
