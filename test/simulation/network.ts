import type { Outcome } from "../../src/delivery/retry-policy.ts";
import type { RealmName } from "../../src/protocol/names.ts";
import type { Letter } from "../../src/shard-api/outbound-items.ts";
import { poison, type Side } from "./simulated-realm.ts";
import type { Time } from "./time.ts";

/** How bad the weather is: probabilities, each between 0 and 1. */
export interface Weather {
  dropRequest: number;
  dropAnswer: number;
  duplicate: number;
  /** Takes longer than its sender waits, and arrives all the same. */
  straggle: number;
  /** The receiver answers 429 or 503. */
  busy: number;
  /** The receiver breaks over a batch, for no reason of the batch's. */
  broken: number;
  /** One recipient's shard is away. */
  later: number;
}
export const calm: Weather = {
  dropRequest: 0,
  dropAnswer: 0,
  duplicate: 0,
  straggle: 0,
  busy: 0,
  broken: 0,
  later: 0,
};

/** A message that is too large for the other side. */
export const oversized = "oversized";

const timeoutMs = 5_000;

/** The way between realms. Requests and answers go separate ways, and each may be lost, late, or come twice. */
export class Network {
  readonly #time: Time;
  readonly #random: () => number;
  readonly #note: (line: string) => void;
  weather: Weather = calm;
  isCut = false;
  /** Requests that left, for the proof of silence. */
  requests = 0;
  /** How often the receiver broke over a message that was alone in its batch, by the message's text. */
  readonly brokenAlone = new Map<string, number>();
  sides: ReadonlyMap<string, Side> = new Map();

  constructor(time: Time, random: () => number, note: (line: string) => void) {
    this.#time = time;
    this.#random = random;
    this.#note = note;
  }

  /** The carrier of every link. */
  carry(from: Side, destination: string, batch: Letter[]): Promise<Outcome> {
    this.requests++;
    const number = this.requests;
    const note = (what: string) => this.#note(`#${number} ${from.realm}→${destination} ${what}`);
    note(`leaves: ${batch.map(({ from, to, text }) => `${from}→${to} ${text}`).join(", ")}`);
    return new Promise((resolve) => {
      let isOpen = true;
      const answer = (outcome: Outcome) => {
        if (!isOpen) return;
        isOpen = false;
        note(`hears: ${JSON.stringify(outcome)}`);
        resolve(outcome);
      };
      const target = this.sides.get(destination);
      if (!target?.isUp && !this.isCut && this.#chance(0.5)) {
        this.#time.in(this.#delayMs(), () => answer({ kind: "away", problem: "refused connection" }));
        return;
      }
      this.#time.in(timeoutMs, () => answer({ kind: "away", problem: "timeout" }));
      const copies = this.#chance(this.weather.duplicate) ? 2 : 1;
      for (let copy = 0; copy < copies; copy++) {
        if (this.isCut || this.#chance(this.weather.dropRequest)) note("is lost");
        else this.#time.in(this.#delayMs(), () => this.#arrive(from, destination, batch, note, answer));
      }
    });
  }

  async #arrive(
    from: Side,
    destination: string,
    batch: Letter[],
    note: (what: string) => void,
    answer: (outcome: Outcome) => void,
  ): Promise<void> {
    let outcome: Outcome;
    try {
      outcome = await this.#received(from.realm, destination, batch);
    } catch (error) {
      note(`arrives nowhere: ${error}`);
      return;
    }
    note("arrives");
    const [alone] = batch;
    if (outcome.kind === "broken" && batch.length === 1 && alone) {
      this.brokenAlone.set(alone.text, (this.brokenAlone.get(alone.text) ?? 0) + 1);
    }
    if (this.isCut || this.#chance(this.weather.dropAnswer)) note("answer is lost");
    else this.#time.in(this.#delayMs(), () => answer(outcome));
  }

  async #received(from: RealmName, destination: string, batch: Letter[]): Promise<Outcome> {
    const target = this.sides.get(destination);
    if (!target?.isUp) throw new Error("down");
    if (this.#chance(this.weather.busy)) {
      return { kind: "away", problem: "status 429", retryAfterMs: this.#random() * 10_000 };
    }
    if (batch.some(({ text }) => text.startsWith(oversized))) return { kind: "indigestible", reason: "too-large" };
    if (batch.some(({ text }) => text.startsWith(poison)) || this.#chance(this.weather.broken)) {
      return { kind: "broken", problem: "status 500" };
    }
    if (!this.#chance(this.weather.later)) return { kind: "answered", results: await target.receive(from, batch) };
    // One recipient's shard is away: what is for it stays, in whole.
    const away = batch[0]?.to;
    const results = await target.receive(
      from,
      batch.filter(({ to }) => to !== away),
    );
    return {
      kind: "answered",
      results: batch.map(({ to }) =>
        to === away ? { state: "deferred" } : (results.shift() ?? { state: "deferred" }),
      ),
    };
  }

  #delayMs(): number {
    return this.#chance(this.weather.straggle) ? this.#random() * 30_000 : 1 + this.#random() * 200;
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }
}
