import { limits } from "../limits.ts";
import type { Envelope, Letter } from "../shard-api/outbound-items.ts";
import type { Clock, Random, Timer } from "../storage/clock.ts";
import { Waiters } from "../storage/waiters.ts";
import type { HealthStore } from "./destination-store.ts";
import { Pace } from "./min-interval.ts";
import { type Health, type Outcome, type Rules, rules as realRules, type Verdict } from "./retry-policy.ts";

/** Takes a batch to its destination. It never throws: not to get through is an outcome. */
export type Carrier<E extends Envelope = Letter> = (destination: string, batch: E[]) => Promise<Outcome>;

/** Something that waits for its destination. */
export interface Queued<E extends Envelope = Letter> {
  /** Whose it is, and its number there: together they are its name. */
  account: number;
  id: number;
  envelope: E;
  /** Milliseconds since 1970, since when it waits; what waits too long has failed. */
  since: number;
}

/** Where the links find what is to be handed over, and put down what became of it. */
export interface Outbox<E extends Envelope = Letter> {
  /** The oldest for a destination, in the order in which they were queued, as far as they fit one batch. */
  queued(destination: string, most: number): Queued<E>[];
  /** One from behind the first that may overtake it, or null: there is none, or nothing may overtake. */
  probe(destination: string, number: number): Queued<E> | null;
  /** Every destination that something waits for. */
  destinations(): string[];
  /** Puts down what became of a batch, in its order; null: it still waits. To be called inside a commit. */
  settle(destination: string, batch: readonly Queued<E>[], verdicts: readonly Verdict[]): void;
}

export interface Surroundings<E extends Envelope = Letter> {
  clock: Clock;
  random: Random;
  timer: Timer;
  /** Group commit. */
  write<T>(work: () => T): Promise<T>;
  carrier: Carrier<E>;
  /** Whether a destination is to be remembered while nothing waits for it. */
  isKept(destination: string): boolean;
  /** Sees to it that `wakeDue` is called at that time, even if the object dies before. To be called inside a commit. */
  arm(time: number): void;
  /** Something has come to its end; `isAwaited` says whether anybody waits to hear it. Called inside a commit. */
  settled(queued: Queued<E>, verdict: Verdict & object, isAwaited: boolean): void;
  /** The least time between two batches to one destination. */
  paceMs?: number;
}

/**
 * The links of this object, one for each destination. Whatever is in the outbox leaves through here: in order, in
 * batches, one batch at a time, until the destination has spoken of every message.
 */
export class Links<E extends Envelope = Letter> {
  readonly #outbox: Outbox<E>;
  readonly #health: HealthStore;
  readonly #around: Surroundings<E>;
  readonly #rules: Rules;
  /** Links with a batch under way. Lost with the object; the alarm then finds their messages in the outbox. */
  readonly #running = new Map<string, Promise<void>>();
  /** Senders who wait for news of a message, by message and by destination. */
  readonly #waiters: Waiters<string>;
  /** Destinations that got something to do in the commit that is going on. */
  readonly #fresh = new Set<string>();
  /** Links that ended by a fault of ours, and when to go on. */
  readonly #stopped = new Map<string, number>();
  /** Destinations that spoke while a batch was under way to them. */
  readonly #heard = new Set<string>();
  /** What went wrong last, for people. Lost with the object; the next try finds it again. */
  readonly #problems = new Map<string, string>();
  readonly #pace: Pace | null;

  constructor(outbox: Outbox<E>, health: HealthStore, around: Surroundings<E>, rules: Rules = realRules) {
    this.#outbox = outbox;
    this.#health = health;
    this.#around = around;
    this.#rules = rules;
    this.#waiters = new Waiters(around.timer);
    this.#pace = around.paceMs ? new Pace(around.paceMs) : null;
  }

  /** To be called inside the commit that queued a message. */
  queued(destination: string): void {
    this.#fresh.add(destination);
    const { due } = this.#health.of(destination);
    this.#around.arm(Math.max(due, this.#around.clock() + limits.deliveryRescueMs));
  }

  /** To be called after a commit: what was queued in it leaves. */
  start(): void {
    for (const destination of this.#fresh) this.#wake(destination);
    this.#fresh.clear();
  }

  /** Resolves when there is news of a queued message, when its link rests, or after `ms` milliseconds. */
  async news(destination: string, account: number, id: number, ms: number): Promise<void> {
    if (!this.#running.has(destination)) return;
    await this.#waiters.wait([destination, messageKey(account, id)], ms);
  }

  /** The destination has shown that it is there: what waits for it is tried now. */
  heardFrom(destination: string): Promise<void> {
    if (this.#running.has(destination)) this.#heard.add(destination);
    return this.#around.write(() => {
      const before = this.#health.of(destination);
      const heard = this.#rules.healthHeard(before);
      if (!isSame(before, heard)) this.#health.set(destination, heard);
      if (heard.failures > 0) this.#fresh.add(destination);
    });
  }

  /** Wakes every link that is due, and waits a while for what they can do; a long queue, or a try that hangs, goes on by itself. */
  async wakeDue(): Promise<void> {
    for (const destination of this.#outbox.destinations()) this.#wake(destination);
    const { timer } = this.#around;
    await new Promise<void>((resolve) => {
      const cancel = timer(resolve, limits.alarmWaitMaxMs);
      void Promise.all(this.#running.values()).then(() => {
        cancel();
        resolve();
      });
    });
  }

  /** When `wakeDue` has something to do again; null: never. */
  nextDue(): number | null {
    const rescue = this.#around.clock() + limits.deliveryRescueMs;
    const dues = this.#outbox
      .destinations()
      .map((destination) =>
        this.#running.has(destination)
          ? rescue
          : Math.max(this.#health.of(destination).due, this.#stopped.get(destination) ?? 0),
      );
    return dues.length === 0 ? null : Math.min(...dues);
  }

  /** What went wrong last, or null. */
  problem(destination: string): string | null {
    return this.#problems.get(destination) ?? null;
  }

  #wake(destination: string): void {
    if (this.#running.has(destination)) return;
    this.#stopped.delete(destination);
    const run = this.#run(destination)
      // A commit that failed: the messages are still in the outbox, and the alarm that was set with them comes back.
      .catch((error) => {
        console.error({ event: "link-stopped", destination, error: String(error) });
        this.#stopped.set(destination, this.#around.clock() + limits.deliveryRescueMs);
      })
      .finally(() => {
        this.#running.delete(destination);
        this.#waiters.wake(destination);
      });
    this.#running.set(destination, run);
  }

  async #run(destination: string): Promise<void> {
    for (;;) {
      const health = this.#health.of(destination);
      const now = this.#around.clock();
      if (!this.#rules.isDue(health, now)) return;
      await this.#keepPace(destination, now);
      const batch = this.#outbox.queued(destination, health.width);
      if (batch.length === 0) return;
      const old = batch.filter(({ since }) => this.#rules.isGivenUp(since, now));
      const probe = this.#probe(destination, health);
      if (old.length > 0) await this.#giveUp(destination, old);
      else if (probe) await this.#hand(destination, [probe], true);
      else await this.#hand(destination, batch, false);
    }
  }

  /** What is queued meanwhile leaves in the same batch. */
  async #keepPace(destination: string, now: number): Promise<void> {
    const { clock, timer } = this.#around;
    if (!this.#pace) return;
    const wait = this.#pace.waitMs(destination, now);
    if (wait > 0) await new Promise<void>((resolve) => timer(resolve, wait));
    this.#pace.left(destination, clock());
  }

  #probe(destination: string, health: Health): Queued<E> | null {
    const number = this.#rules.probeNumber(health);
    return number === null ? null : this.#outbox.probe(destination, number);
  }

  async #giveUp(destination: string, old: Queued<E>[]): Promise<void> {
    await this.#around.write(() => {
      const expired = old.map((): Verdict => ({ state: "failed", reason: "expired" }));
      this.#settle(destination, old, expired);
      this.#tidy(destination);
    });
  }

  async #hand(destination: string, batch: Queued<E>[], isProbe: boolean): Promise<void> {
    const envelopes = batch.map(({ envelope }) => envelope);
    this.#heard.delete(destination);
    const outcome = await this.#around.carrier(destination, envelopes);
    await this.#around.write(() => this.#apply(destination, batch, isProbe, outcome));
    for (const { account, id } of batch) this.#waiters.wake(messageKey(account, id));
  }

  #apply(destination: string, batch: Queued<E>[], isProbe: boolean, outcome: Outcome): void {
    const { clock, random } = this.#around;
    const now = clock();
    const before = this.#health.of(destination);
    // A probe that breaks is not to blame yet: it was tried once.
    const judged = isProbe ? { ...before, breaks: 0 } : before;
    this.#settle(destination, batch, this.#rules.verdicts(batch.length, outcome, judged, now));
    const tried = isProbe
      ? this.#rules.healthAfterProbe(before, outcome, now, random())
      : this.#rules.healthAfter(before, batch.length, outcome, now, random());
    // It spoke while this try was under way: what the try found out about its absence is old already.
    const after = this.#heard.has(destination) ? this.#rules.healthHeard(tried) : tried;
    if (!isSame(before, after)) this.#health.set(destination, after);
    if (after.failures > 0) this.#around.arm(Math.max(after.due, now));
    if (outcome.kind !== "away") this.#health.noteContact(destination, now, limits.contactWriteMinIntervalMs);
    const problem = problemOf(outcome);
    if (problem) this.#problems.set(destination, problem);
    else this.#problems.delete(destination);
    if (outcome.kind !== "away" && outcome.kind !== "broken") this.#tidy(destination);
  }

  /** A destination that is nobody's peer is forgotten when nothing waits for it: strangers shall not fill the table. */
  #tidy(destination: string): void {
    if (this.#around.isKept(destination) || this.#outbox.queued(destination, 1).length > 0) return;
    this.#health.forget(destination);
    this.#problems.delete(destination);
  }

  #settle(destination: string, batch: readonly Queued<E>[], verdicts: readonly Verdict[]): void {
    this.#outbox.settle(destination, batch, verdicts);
    for (const [index, queued] of batch.entries()) {
      const verdict = verdicts[index];
      const isAwaited = this.#waiters.has(messageKey(queued.account, queued.id));
      if (verdict) this.#around.settled(queued, verdict, isAwaited);
    }
  }
}

function isSame(a: Health, b: Health): boolean {
  return (["failures", "due", "width", "breaks", "since", "proven", "asked"] as const).every(
    (field) => a[field] === b[field],
  );
}

function problemOf(outcome: Outcome): string | null {
  if ("problem" in outcome) return outcome.problem;
  const isPutOff = outcome.kind === "answered" && outcome.results.some((result) => result.state === "deferred");
  return isPutOff ? "deferred" : null;
}

function messageKey(account: number, id: number): string {
  return `${account} ${id}`;
}
