import { limits } from "../limits.ts";
import type { Clock, Random } from "../sql.ts";
import { Waiters } from "../waiters.ts";
import type { Envelope } from "./envelope.ts";
import { afterOutcome, isDue, isGivenUp, type Outcome } from "./rules.ts";
import type { Queued, SentLog } from "./sent-log.ts";

/** Takes a batch to its destination. It never throws: not to get through is an outcome. */
export type Carrier = (destination: string, batch: Envelope[]) => Promise<Outcome>;

export interface Surroundings {
  clock: Clock;
  random: Random;
  /** Group commit. */
  write<T>(work: () => T): Promise<T>;
  carrier: Carrier;
  /** Sees to it that `wakeDue` is called at that time, even if the object dies before. To be called inside a commit. */
  arm(time: number): void;
}

/**
 * The links of this object, one for each destination. Whatever is in the outbox leaves through here: in order, in
 * batches, one batch at a time, until the destination has spoken of every message.
 */
export class Links {
  readonly #log: SentLog;
  readonly #around: Surroundings;
  /** Links with a batch under way. Lost with the object; the alarm then finds their messages in the outbox. */
  readonly #running = new Map<string, Promise<void>>();
  /** Senders who wait for news of a message. */
  readonly #waiters = new Waiters<string>();
  /** Destinations that got something to do in the commit that is going on. */
  readonly #fresh = new Set<string>();

  constructor(log: SentLog, around: Surroundings) {
    this.#log = log;
    this.#around = around;
  }

  /** To be called inside the commit that queued a message. */
  queued(destination: string): void {
    this.#fresh.add(destination);
    this.#around.arm(this.#around.clock() + limits.rescueMs);
  }

  /** To be called after a commit: what was queued in it leaves. */
  start(): void {
    for (const destination of this.#fresh) this.#wake(destination);
    this.#fresh.clear();
  }

  /** Resolves when there is news of the message, or after `ms` milliseconds. */
  news(account: number, id: number, ms: number): Promise<void> {
    return this.#waiters.wait(`${account}/${id}`, ms);
  }

  /** Wakes every link that is due, and waits until each has done what it can. */
  async wakeDue(): Promise<void> {
    for (const destination of this.#log.destinations()) this.#wake(destination);
    await Promise.all(this.#running.values());
  }

  /** When `wakeDue` has something to do again; null: never. */
  nextDue(): number | null {
    const dues = this.#log.destinations().map((destination) => this.#log.health(destination).due);
    return dues.length === 0 ? null : Math.min(...dues);
  }

  #wake(destination: string): void {
    if (this.#running.has(destination)) return;
    const run = this.#run(destination).finally(() => this.#running.delete(destination));
    this.#running.set(destination, run);
  }

  async #run(destination: string): Promise<void> {
    while (isDue(this.#log.health(destination), this.#around.clock())) {
      const batch = this.#log.queued(destination, limits.batchMax);
      if (batch.length === 0) return;
      const now = this.#around.clock();
      const old = batch.filter(({ envelope }) => isGivenUp(envelope.time, now));
      if (old.length > 0) await this.#giveUp(old);
      else await this.#hand(destination, batch);
    }
  }

  async #giveUp(old: Queued[]): Promise<void> {
    await this.#around.write(() => {
      for (const { account, id } of old) this.#log.settle(account, id, "failed", "expired");
    });
  }

  async #hand(destination: string, batch: Queued[]): Promise<void> {
    const envelopes = batch.map(({ envelope }) => envelope);
    const outcome = await this.#around.carrier(destination, envelopes);
    await this.#around.write(() => this.#settle(destination, batch, outcome));
    for (const { account, id } of batch) this.#waiters.wake(`${account}/${id}`);
  }

  #settle(destination: string, batch: Queued[], outcome: Outcome): void {
    const { clock, random } = this.#around;
    batch.forEach(({ account, id }, index) => {
      const result = outcome.reached ? outcome.results[index] : undefined;
      if (result?.state === "delivered") this.#log.settle(account, id, "delivered", null);
      if (result?.state === "failed") this.#log.settle(account, id, "failed", result.reason);
    });
    const before = this.#log.health(destination);
    const health = afterOutcome(before, outcome, clock(), random());
    if (health.failures !== before.failures) this.#log.setHealth(destination, health);
    if (health.failures > 0) this.#around.arm(health.due);
  }
}
