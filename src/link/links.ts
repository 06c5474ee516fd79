import { limits } from "../limits.ts";
import type { Clock, Random, Timer } from "../sql.ts";
import { Waiters } from "../waiters.ts";
import type { Envelope } from "./envelope.ts";
import type { HealthStore } from "./health-store.ts";
import { type Health, type Outcome, type Rules, rules as realRules, type Verdict } from "./rules.ts";
import type { Queued, SentLog } from "./sent-log.ts";

/** Takes a batch to its destination. It never throws: not to get through is an outcome. */
export type Carrier = (destination: string, batch: Envelope[]) => Promise<Outcome>;

export interface Surroundings {
  clock: Clock;
  random: Random;
  timer: Timer;
  /** Group commit. */
  write<T>(work: () => T): Promise<T>;
  carrier: Carrier;
  /** Whether a destination is to be remembered while nothing waits for it. */
  isKept(destination: string): boolean;
  /** Sees to it that `wakeDue` is called at that time, even if the object dies before. To be called inside a commit. */
  arm(time: number): void;
  /** A message has come to its end and nobody waits to hear it. Called inside a commit. */
  unheard(queued: Queued, verdict: Verdict & object): void;
}

/**
 * The links of this object, one for each destination. Whatever is in the outbox leaves through here: in order, in
 * batches, one batch at a time, until the destination has spoken of every message.
 */
export class Links {
  readonly #log: SentLog;
  readonly #health: HealthStore;
  readonly #around: Surroundings;
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

  constructor(log: SentLog, health: HealthStore, around: Surroundings, rules: Rules = realRules) {
    this.#log = log;
    this.#health = health;
    this.#around = around;
    this.#rules = rules;
    this.#waiters = new Waiters(around.timer);
  }

  /** To be called inside the commit that queued a message. */
  queued(destination: string): void {
    this.#fresh.add(destination);
    const { due } = this.#health.of(destination);
    this.#around.arm(Math.max(due, this.#around.clock() + limits.rescueMs));
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
      if (this.#around.isKept(destination))
        this.#health.noteContact(destination, this.#around.clock(), limits.contactEveryMs);
      const before = this.#health.of(destination);
      const heard = this.#rules.healthHeard(before);
      if (!isSame(before, heard)) this.#health.set(destination, heard);
      if (heard.failures > 0) this.#fresh.add(destination);
    });
  }

  /** Wakes every link that is due, and waits a while for what they can do; a long queue goes on by itself. */
  async wakeDue(): Promise<void> {
    for (const destination of this.#log.destinations()) this.#wake(destination);
    const { timer } = this.#around;
    await new Promise<void>((resolve) => {
      const cancel = timer(resolve, limits.rescueMs);
      void Promise.all(this.#running.values()).then(() => {
        cancel();
        resolve();
      });
    });
  }

  /** When `wakeDue` has something to do again; null: never. */
  nextDue(): number | null {
    const rescue = this.#around.clock() + limits.rescueMs;
    const dues = this.#log
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
        this.#stopped.set(destination, this.#around.clock() + limits.rescueMs);
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
      const batch = this.#log.queued(destination, health.width);
      if (batch.length === 0) return;
      const old = batch.filter(({ envelope }) => this.#rules.isGivenUp(envelope.time, now));
      const probe = this.#probe(destination, health);
      if (old.length > 0) await this.#giveUp(destination, old);
      else if (probe) await this.#hand(destination, [probe], true);
      else await this.#hand(destination, batch, false);
    }
  }

  #probe(destination: string, health: Health): Queued | null {
    const number = this.#rules.probeNumber(health);
    return number === null ? null : this.#log.probe(destination, number);
  }

  async #giveUp(destination: string, old: Queued[]): Promise<void> {
    await this.#around.write(() => {
      for (const queued of old) this.#settle(queued, { state: "failed", reason: "expired" });
      this.#tidy(destination);
    });
  }

  async #hand(destination: string, batch: Queued[], isProbe: boolean): Promise<void> {
    const envelopes = batch.map(({ envelope }) => envelope);
    this.#heard.delete(destination);
    const outcome = await this.#around.carrier(destination, envelopes);
    await this.#around.write(() => this.#apply(destination, batch, isProbe, outcome));
    for (const { account, id } of batch) this.#waiters.wake(messageKey(account, id));
  }

  #apply(destination: string, batch: Queued[], isProbe: boolean, outcome: Outcome): void {
    const { clock, random } = this.#around;
    const now = clock();
    const before = this.#health.of(destination);
    // A probe that breaks is not to blame yet: it was tried once.
    const judged = isProbe ? { ...before, breaks: 0 } : before;
    for (const [index, verdict] of this.#rules.verdicts(batch.length, outcome, judged, now).entries()) {
      const queued = batch[index];
      if (verdict && queued) this.#settle(queued, verdict);
    }
    const tried = isProbe
      ? this.#rules.healthAfterProbe(before, outcome, now, random())
      : this.#rules.healthAfter(before, batch.length, outcome, now, random());
    // It spoke while this try was under way: what the try found out about its absence is old already.
    const after = this.#heard.has(destination) ? this.#rules.healthHeard(tried) : tried;
    if (!isSame(before, after)) this.#health.set(destination, after);
    if (after.failures > 0) this.#around.arm(Math.max(after.due, now));
    if (outcome.kind !== "away") this.#health.noteContact(destination, now, limits.contactEveryMs);
    const problem = problemOf(outcome);
    if (problem) this.#problems.set(destination, problem);
    else this.#problems.delete(destination);
    if (outcome.kind !== "away" && outcome.kind !== "broken") this.#tidy(destination);
  }

  /** A destination that is nobody's peer is forgotten when nothing waits for it: strangers shall not fill the table. */
  #tidy(destination: string): void {
    if (this.#around.isKept(destination) || this.#log.queued(destination, 1).length > 0) return;
    this.#health.forget(destination);
    this.#problems.delete(destination);
  }

  #settle(queued: Queued, verdict: Verdict & object): void {
    const { account, id } = queued;
    this.#log.settle(account, id, verdict.state, verdict.state === "failed" ? verdict.reason : null);
    if (!this.#waiters.has(messageKey(account, id))) this.#around.unheard(queued, verdict);
  }
}

function isSame(a: Health, b: Health): boolean {
  return (["failures", "due", "width", "breaks", "since", "proven", "asked"] as const).every(
    (field) => a[field] === b[field],
  );
}

function problemOf(outcome: Outcome): string | null {
  if ("problem" in outcome) return outcome.problem;
  const isPutOff = outcome.kind === "answered" && outcome.results.some((result) => result.state === "later");
  return isPutOff ? "put-off" : null;
}

function messageKey(account: number, id: number): string {
  return `${account} ${id}`;
}
