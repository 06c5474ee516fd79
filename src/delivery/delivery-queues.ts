import type { QueueName } from "../domain-events.ts";
import { limits } from "../limits.ts";
import type { AlarmSchedule } from "../storage/alarm-schedule.ts";
import { boundedDue, type Clock, type PresentOf, type Random, type Timer } from "../storage/clock.ts";
import type { CommitListener } from "../storage/event-dispatcher.ts";
import { logError } from "../storage/log.ts";
import type { Transaction } from "../storage/sql.ts";
import type { UnitOfWork } from "../storage/unit-of-work.ts";
import { Waiters } from "../storage/waiters.ts";
import { BatchInterval } from "./batch-interval.ts";
import type { DestinationStore } from "./destination-store.ts";
import type { Outbox, QueuedItem } from "./outbox.ts";
import {
  type DeliveryOutcome,
  type DestinationState,
  type ItemResult,
  type RetryPolicy,
  retryPolicy,
} from "./retry-policy.ts";

/** Brings a batch to its destination. It never throws: a failure is an outcome. */
export interface Transport<Item> {
  send(destination: string, items: Item[]): Promise<DeliveryOutcome>;
}

export interface DeliveryQueuesDeps<Item, Queued extends QueuedItem<Item>> {
  queue: QueueName;
  outbox: Outbox<Item, Queued>;
  destinations: DestinationStore;
  unitOfWork: Pick<UnitOfWork, "run">;
  alarm: AlarmSchedule;
  transport: Transport<Item>;
  clock: Clock;
  monotonic: Clock;
  presentOf: PresentOf;
  random: Random;
  timer: Timer;
  /** Destinations whose state is kept while nothing waits for them: configured peers, and shards. */
  isPermanent(destination: string): boolean;
  /** The least time between two batches to one destination. */
  minIntervalMs?: number;
  /** Replaced in tests only. */
  policy?: RetryPolicy;
}

/**
 * One delivery queue for each destination of an outbox. A queue sends in order, in batches, one batch at a time, until the
 * destination has settled every item.
 */
export class DeliveryQueues<Item, Queued extends QueuedItem<Item>> {
  readonly #deps: DeliveryQueuesDeps<Item, Queued>;
  readonly #policy: RetryPolicy;
  /** Queues at work. They end with the shard; the alarm then finds their items in the outbox. */
  readonly #workers = new Map<string, Promise<void>>();
  /** Requests that wait for a result, by item and by destination. */
  readonly #waiters: Waiters<string>;
  /** Queues that crashed by a fault of this program, and when they may go on. */
  readonly #crashedUntil = new Map<string, number>();
  /** Destinations that contacted this realm while a batch was under way to them. */
  readonly #contacted = new Set<string>();
  /** The last problem of each destination, for people. The next attempt finds it again. */
  readonly #problems = new Map<string, string>();
  readonly #batchInterval: BatchInterval | null;

  constructor(deps: DeliveryQueuesDeps<Item, Queued>) {
    this.#deps = deps;
    this.#policy = deps.policy ?? retryPolicy;
    this.#waiters = new Waiters(deps.timer);
    this.#batchInterval = deps.minIntervalMs ? new BatchInterval(deps.minIntervalMs) : null;
  }

  /** Starts the queues that a commit has added items to. */
  readonly onCommit: CommitListener = (events) => {
    for (const event of events) {
      if (event.type === "outbound-queued" && event.queue === this.#deps.queue) this.#startWorker(event.destination);
    }
  };

  /** Resolves when an item is settled, when its queue pauses, or after `ms` milliseconds. */
  async waitForResult(destination: string, itemKey: string, ms: number): Promise<void> {
    if (!this.#workers.has(destination)) return;
    await this.#waiters.wait([destinationKey(destination), itemKey], ms);
  }

  /** The destination has contacted this realm, so it is there: its queue is tried now. */
  retryNow(destination: string): Promise<void> {
    if (this.#workers.has(destination)) this.#contacted.add(destination);
    const { unitOfWork, destinations, queue } = this.#deps;
    return unitOfWork.run((tx) => {
      const before = destinations.get(destination);
      const after = this.#policy.stateAfterContact(before);
      if (!isSameState(before, after)) destinations.set(tx, destination, after);
      if (after.failures > 0) tx.emit({ type: "outbound-queued", queue, destination });
    });
  }

  /** Starts every queue that is due, and waits a while for them. A long queue, or an attempt that hangs, goes on by itself. */
  async runDue(): Promise<void> {
    for (const destination of this.#deps.outbox.waitingDestinations()) this.#startWorker(destination);
    await new Promise<void>((resolve) => {
      const cancel = this.#deps.timer(resolve, limits.alarmWaitMaxMs);
      void Promise.all(this.#workers.values()).then(() => {
        cancel();
        resolve();
      });
    });
  }

  /** When `runDue` has something to do again, in milliseconds since 1970; null: never. */
  nextDue(): number | null {
    const { outbox, destinations, clock } = this.#deps;
    const now = clock();
    const dues = outbox.waitingDestinations().map((destination) => {
      if (this.#workers.has(destination)) return now + limits.deliveryRescueMs;
      const crashedUntil = boundedDue(this.#crashedUntil.get(destination) ?? 0, now, limits.deliveryRescueMs);
      return Math.max(this.#policy.attemptDue(destinations.get(destination), now), crashedUntil);
    });
    return dues.length === 0 ? null : Math.min(...dues);
  }

  /** The destination's last problem; null: there is none. */
  problemOf(destination: string): string | null {
    return this.#problems.get(destination) ?? null;
  }

  #startWorker(destination: string): void {
    if (this.#workers.has(destination)) return;
    this.#crashedUntil.delete(destination);
    const worker = this.#work(destination)
      // The items are still in the outbox, and the alarm that was set with them comes back.
      .catch((error) => {
        logError("delivery-worker-crashed", error, { destination });
        this.#crashedUntil.set(destination, this.#deps.clock() + limits.deliveryRescueMs);
      })
      .finally(() => {
        this.#workers.delete(destination);
        this.#waiters.wake(destinationKey(destination));
      });
    this.#workers.set(destination, worker);
  }

  async #work(destination: string): Promise<void> {
    const { clock, destinations, outbox } = this.#deps;
    for (;;) {
      const state = destinations.get(destination);
      if (this.#policy.attemptDue(state, clock()) > clock()) return;
      await this.#waitBatchInterval(destination);
      const batch = outbox.nextBatch(destination, state.batchSizeLimit);
      if (batch.length === 0) return;
      const expired = batch.filter(({ queuedAt }) => queuedAt !== null && this.#isExpired(queuedAt, state));
      const probe = this.#findProbe(destination, state);
      if (expired.length > 0) await this.#expire(destination, expired);
      else if (probe) await this.#send(destination, [probe], true);
      else await this.#send(destination, batch, false);
    }
  }

  #isExpired(queuedAt: number, state: DestinationState): boolean {
    const { clock, presentOf } = this.#deps;
    return this.#policy.isItemExpired(presentOf(queuedAt), clock(), state);
  }

  /** Items that are queued meanwhile leave in the same batch. */
  async #waitBatchInterval(destination: string): Promise<void> {
    if (!this.#batchInterval) return;
    const { monotonic, timer } = this.#deps;
    const waitMs = this.#batchInterval.waitMs(destination, monotonic());
    if (waitMs > 0) await new Promise<void>((resolve) => timer(resolve, waitMs));
    this.#batchInterval.sent(destination, monotonic());
  }

  #findProbe(destination: string, state: DestinationState): Queued | null {
    const index = this.#policy.nextProbeIndex(state);
    return index === null ? null : this.#deps.outbox.probe(destination, index);
  }

  async #expire(destination: string, expired: Queued[]): Promise<void> {
    await this.#deps.unitOfWork.run((tx) => {
      const results = expired.map((): ItemResult => ({ state: "failed", reason: "expired" }));
      this.#settle(tx, destination, expired, results);
      this.#forgetIdle(tx, destination);
    });
  }

  async #send(destination: string, batch: Queued[], isProbe: boolean): Promise<void> {
    const { transport, unitOfWork } = this.#deps;
    this.#contacted.delete(destination);
    const outcome = await transport.send(
      destination,
      batch.map(({ item }) => item),
    );
    await unitOfWork.run((tx) => this.#recordOutcome(tx, destination, batch, isProbe, outcome));
    for (const { key } of batch) this.#waiters.wake(key);
  }

  #recordOutcome(
    tx: Transaction,
    destination: string,
    batch: Queued[],
    isProbe: boolean,
    outcome: DeliveryOutcome,
  ): void {
    const { alarm, clock, destinations, random } = this.#deps;
    const now = clock();
    const before = this.#inPresentTime(destinations.get(destination));
    // A probe that crashes the destination is not to blame yet: it was tried once.
    const judged = isProbe ? { ...before, crashesAlone: 0 } : before;
    this.#settle(tx, destination, batch, this.#policy.itemResults(batch.length, outcome, judged, now));
    const attempted = isProbe
      ? this.#policy.stateAfterProbe(before, outcome, now, random())
      : this.#policy.stateAfterBatch(before, batch.length, outcome, now, random());
    // A contact during the attempt is newer than what the attempt found out.
    const after = this.#contacted.has(destination) ? this.#policy.stateAfterContact(attempted) : attempted;
    if (!isSameState(before, after)) destinations.set(tx, destination, after);
    if (after.failures > 0) alarm.schedule(tx, Math.max(this.#policy.attemptDue(after, now), now));
    if (outcome.kind !== "unreachable") {
      destinations.noteContact(tx, destination, now, limits.contactWriteMinIntervalMs);
    }
    const problem = problemIn(outcome);
    if (problem) this.#problems.set(destination, problem);
    else this.#problems.delete(destination);
    if (outcome.kind !== "unreachable" && outcome.kind !== "crashed") this.#forgetIdle(tx, destination);
  }

  /** A state with the moment that something is measured from. Its due times are bounded instead. */
  #inPresentTime(state: DestinationState): DestinationState {
    const { crashingAloneSince } = state;
    if (crashingAloneSince === null) return state;
    return { ...state, crashingAloneSince: this.#deps.presentOf(crashingAloneSince) };
  }

  /** Deletes the state of a realm that is no configured peer once nothing waits for it, so that the table stays small. */
  #forgetIdle(tx: Transaction, destination: string): void {
    const { destinations, isPermanent, outbox } = this.#deps;
    if (isPermanent(destination) || outbox.nextBatch(destination, 1).length > 0) return;
    destinations.delete(tx, destination);
    this.#problems.delete(destination);
  }

  #settle(tx: Transaction, destination: string, batch: readonly Queued[], results: readonly ItemResult[]): void {
    const settlements = batch.map((queued, index) => {
      const result = results[index];
      if (result === undefined) throw new Error("an item without a result");
      return { queued, result, isAwaited: this.#waiters.has(queued.key) };
    });
    this.#deps.outbox.settle(tx, destination, settlements);
  }
}

function isSameState(a: DestinationState, b: DestinationState): boolean {
  return stateFields.every((field) => a[field] === b[field]);
}

const stateFields = [
  "failures",
  "nextAttemptAt",
  "batchSizeLimit",
  "crashesAlone",
  "crashingAloneSince",
  "othersAccepted",
  "retryAfterUntil",
] as const satisfies readonly (keyof DestinationState)[];

function problemIn(outcome: DeliveryOutcome): string | null {
  if ("problem" in outcome) return outcome.problem;
  const isDeferred = outcome.kind === "answered" && outcome.results.some((result) => result.state === "deferred");
  return isDeferred ? "deferred" : null;
}

/** Keeps destinations apart from the keys of items. */
function destinationKey(destination: string): string {
  return `destination ${destination}`;
}
