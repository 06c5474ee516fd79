import { limits } from "../limits.ts";
import type { MessageLogStore } from "../messaging/message-log-store.ts";
import type { AlarmSchedule } from "../storage/alarm-schedule.ts";
import type { Clock, Timer } from "../storage/clock.ts";
import type { ClockHistory } from "../storage/clock-history.ts";
import type { CommitListener } from "../storage/event-dispatcher.ts";
import { logError } from "../storage/log.ts";
import type { Transaction } from "../storage/sql.ts";
import type { UnitOfWork } from "../storage/unit-of-work.ts";
import type { Retention } from "./retention.ts";

export interface MaintenanceDeps {
  alarm: AlarmSchedule;
  unitOfWork: UnitOfWork;
  queues: readonly { runDue(): Promise<void>; nextDue(): number | null }[];
  liveConnections: { closeExpired(): void; nextDue(): number | null };
  retention: Retention;
  logs: Pick<MessageLogStore, "hasDropped" | "deleteDropped">;
  clock: Clock;
  /** Null: the host keeps the clock right. */
  clockHistory: Pick<ClockHistory, "save" | "nextDue"> | null;
  timer: Timer;
}

/** What a shard does when its alarm rings: queues that are due, sessions that expire, old messages, dropped groups, its clock. */
export class Maintenance {
  readonly #deps: MaintenanceDeps;
  #isDeletingDropped = false;
  /** A group was dropped since the last look, perhaps in the very commit of that look. */
  #hasNewDropped = false;
  /** The alarm is set for retention. */
  #isRetentionScheduled = false;

  constructor(deps: MaintenanceDeps) {
    this.#deps = deps;
  }

  /** Must be awaited once before the shard serves: unfinished work gets an alarm, whatever became of the last one. */
  async start(): Promise<void> {
    const { alarm, logs } = this.#deps;
    await alarm.load();
    this.#scheduleNext(0);
    if (logs.hasDropped) void this.#deleteDropped();
  }

  /** The first message of a realm with a retention sets the alarm; a dropped group starts its deletion. */
  readonly onCommit: CommitListener = (events) => {
    if (events.some(({ type }) => type === "message-log-dropped")) void this.#deleteDropped();
    if (!this.#isRetentionScheduled && this.#deps.retention.isOn && this.#deps.retention.nextDue() !== null) {
      this.#deps.unitOfWork.runNow((tx) => this.#scheduleRetention(tx, 0));
    }
  };

  /**
   * Runs when the alarm rings. It throws only if it cannot set the next alarm, and the host then rings again: Cloudflare six times,
   * a self-hosted server until it succeeds.
   */
  async run(): Promise<void> {
    const { alarm, clock, liveConnections, queues, retention, unitOfWork } = this.#deps;
    alarm.fired();
    let notBefore = 0;
    try {
      liveConnections.closeExpired();
      await Promise.all(queues.map((queue) => queue.runDue()));
      while (await unitOfWork.run((tx) => retention.run(tx))) await this.#nextTurn();
    } catch (error) {
      logError("alarm-failed", error);
      notBefore = clock() + limits.deliveryRescueMs;
    }
    this.#scheduleNext(notBefore);
  }

  /** A socket was opened: its session's end gets an alarm. */
  scheduleSessionEnd(): void {
    const due = this.#deps.liveConnections.nextDue();
    if (due !== null) this.#deps.unitOfWork.runNow((tx) => this.#deps.alarm.schedule(tx, due));
  }

  /** Comes last, so that nothing that failed before can leave the shard asleep with work to do. */
  #scheduleNext(notBefore: number): void {
    const { alarm, clock, clockHistory, liveConnections, queues, unitOfWork } = this.#deps;
    const dues = [...queues.map((queue) => queue.nextDue()), liveConnections.nextDue()];
    this.#isRetentionScheduled = false;
    unitOfWork.runNow((tx) => {
      clockHistory?.save(tx);
      if (clockHistory) alarm.schedule(tx, Math.max(clockHistory.nextDue(), notBefore));
      for (const due of dues) if (due !== null) alarm.schedule(tx, Math.max(due, notBefore, clock()));
      this.#scheduleRetention(tx, notBefore);
    });
  }

  #scheduleRetention(tx: Transaction, notBefore: number): void {
    const { alarm, clock, retention } = this.#deps;
    if (this.#isRetentionScheduled || !retention.isOn) return;
    const due = retention.nextDue();
    if (due === null) return;
    this.#isRetentionScheduled = true;
    tx.onRollback(() => {
      this.#isRetentionScheduled = false;
    });
    alarm.schedule(tx, Math.max(due, notBefore, clock()));
  }

  /** Deletes the messages of dropped groups, some in each commit. */
  async #deleteDropped(): Promise<void> {
    const { logs, unitOfWork } = this.#deps;
    this.#hasNewDropped = true;
    if (this.#isDeletingDropped) return;
    this.#isDeletingDropped = true;
    const deleteSome = (tx: Transaction) => {
      this.#hasNewDropped = false;
      return logs.deleteDropped(tx, limits.retentionChunkRows);
    };
    try {
      while ((await unitOfWork.run(deleteSome)) || this.#hasNewDropped) await this.#nextTurn();
    } catch (error) {
      // The next start finds what is left.
      logError("dropped-group-deletion-failed", error);
    } finally {
      this.#isDeletingDropped = false;
    }
  }

  /** A lone write commits in the same turn. Other requests run between two pieces of a long work. */
  #nextTurn(): Promise<void> {
    return new Promise((resolve) => this.#deps.timer(resolve, 0));
  }
}
