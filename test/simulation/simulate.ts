import { limits } from "../../src/limits.ts";
import type { FullAddress } from "../../src/protocol/names.ts";
import { calm, Network, oversized, type Weather } from "./network.ts";
import { poison, type Sabotage, Side } from "./simulated-realm.ts";
import { randomOf, Time } from "./time.ts";

/** A promise that was broken. */
export class Violation extends Error {}

export interface Report {
  messages: number;
  requests: number;
  crashes: number;
}

/** One message that a simulated person wants to send. */
interface Intent {
  side: string;
  person: string;
  to: FullAddress;
  text: string;
  /** What its sender was told last; null: nothing yet. */
  told: "delivered" | "queued" | "failed" | null;
}

const realms = ["surabaya", "jakarta"] as const;
const people = ["ani", "budi"] as const;
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/**
 * One seeded run: two realms write to each other through bad weather, cuts and crashes; then the weather clears, or in
 * some runs one realm never returns; then nothing is left to do. Throws a `Violation` where a promise was broken.
 */
export async function simulate(seed: number, sabotage: Sabotage = {}, show?: (line: string) => void): Promise<Report> {
  return new Run(seed, sabotage, show).go();
}

class Run {
  readonly #time = new Time();
  readonly #random: () => number;
  readonly #show: ((line: string) => void) | undefined;
  readonly #network: Network;
  readonly #sides: ReadonlyMap<string, Side>;
  readonly #intents: Intent[] = [];
  /** In this run one realm goes for good. */
  readonly #isForsaken: boolean;
  #crashes = 0;
  #isCalm = false;

  constructor(seed: number, sabotage: Sabotage, show: ((line: string) => void) | undefined) {
    this.#show = show;
    this.#random = randomOf(seed);
    this.#network = new Network(this.#time, this.#random, (line) => this.#note(line));
    this.#sides = new Map(
      realms.map((realm) => [
        realm,
        new Side(realm, [...people], this.#time, this.#random, sabotage, (from, destination, batch) =>
          this.#network.carry(from, destination, batch),
        ),
      ]),
    );
    this.#network.sides = this.#sides;
    this.#isForsaken = this.#random() < 0.1;
  }

  async go(): Promise<Report> {
    // A message cannot be older than its realm: clocks start late enough to be set back.
    await this.#run(day);
    this.#plan();
    await this.#run(day + 20 * minute);
    this.#clearUp();
    await this.#run(day + 5 * hour);
    this.#judgePromptness();
    // What breaks its receiver, and what nobody is there for, is given up after seven days.
    await this.#run(10 * day);
    this.#judge();
    await this.#judgeSilence();
    return { messages: this.#intents.length, requests: this.#network.requests, crashes: this.#crashes };
  }

  #plan(): void {
    this.#network.weather = this.#weather();
    for (const side of this.#sides.values()) {
      side.skewMs = (this.#random() - 0.5) * 8 * minute;
      for (const person of people) this.#planPerson(side.realm, person);
      for (let left = this.#below(4); left > 0; left--) {
        this.#time.in(this.#random() * 10 * minute, () => this.#crash(side));
      }
      if (this.#random() < 0.3) {
        this.#time.in(this.#random() * 10 * minute, () => {
          side.skewMs += (this.#random() - 0.5) * 2 * minute;
          this.#note(`${side.realm}'s clock jumps`);
        });
      }
    }
    for (let left = this.#below(3); left > 0; left--) {
      this.#time.in(this.#random() * 10 * minute, () => this.#cut(this.#random() * 5 * minute));
    }
  }

  #weather(): Weather {
    const worst = this.#random() * 0.5;
    const some = () => this.#random() * worst;
    return {
      dropRequest: some(),
      dropAnswer: some(),
      duplicate: some(),
      straggle: some(),
      busy: some(),
      broken: some() / 2,
      later: some(),
    };
  }

  /** A person sends one message after the other, and each again with its key until there is an answer. */
  #planPerson(realm: string, person: string): void {
    const other = realms.find((name) => name !== realm) ?? realm;
    const intents = Array.from({ length: this.#below(12) }, (_, index): Intent => {
      const kind = this.#random();
      const recipient = kind < 0.05 ? "nobody" : people[this.#below(people.length)];
      const prefix = kind > 0.98 ? poison : kind > 0.96 ? oversized : "message";
      const text = `${prefix} ${realm}/${person}/${index}`;
      return { side: realm, person, to: `${recipient}@${other}` as FullAddress, text, told: null };
    });
    this.#intents.push(...intents);
    const next = (index: number) => {
      const intent = intents[index];
      if (intent) this.#time.in(this.#random() * minute, () => this.#send(intent, () => next(index + 1)));
    };
    next(0);
  }

  /** A broken promise inside a callback surfaces in the next judgement. */
  #broken: Violation | null = null;

  async #send(intent: Intent, done: () => void): Promise<void> {
    const side = this.#sides.get(intent.side);
    if (!side) return;
    // Whoever hears nothing asks again with the same key; the first of several answers counts.
    let isAnswered = false;
    const again = () => this.#time.in(10_000, () => isAnswered || this.#send(intent, done));
    const cancel = again();
    try {
      const answer = await side.send(intent.person, intent.to, intent.text, intent.text.replaceAll(" ", "_"));
      cancel();
      if (intent.told !== null) return;
      isAnswered = true;
      const delivery = answer.kind === "text" || answer.kind === "failure" ? answer.delivery : undefined;
      if (!delivery) {
        this.#broken = new Violation(`an answer without a state: ${JSON.stringify(answer)}`);
        return;
      }
      intent.told = delivery.state;
      this.#note(`${intent.person}@${intent.side} is told that "${intent.text}" is ${delivery.state}`);
      done();
    } catch {
      // The side was down or died; the timer above asks again.
    }
  }

  #crash(side: Side): void {
    if (!side.isUp || this.#isCalm) return;
    this.#crashes++;
    this.#note(`${side.realm} crashes`);
    side.crash();
    this.#time.in(this.#random() * minute, () => {
      this.#note(`${side.realm} is back`);
      side.restart();
    });
  }

  #cut(ms: number): void {
    this.#note("the network is cut");
    this.#network.isCut = true;
    this.#time.in(ms, () => {
      this.#network.isCut = this.#isCalm && this.#isForsaken;
      this.#note("the cut is over");
    });
  }

  #clearUp(): void {
    this.#isCalm = true;
    this.#network.weather = calm;
    this.#network.isCut = this.#isForsaken;
    this.#note(this.#isForsaken ? "the network is cut for good" : "the weather is clear");
  }

  /** What nothing is wrong with waits for nothing but what its own sender wrote to the same person before. */
  #judgePromptness(): void {
    if (this.#isForsaken) return;
    const poisoned = new Set<string>();
    for (const { side, person, to, text } of this.#intents) {
      const pair = `${person}@${side} ${to}`;
      if (text.startsWith(poison)) poisoned.add(pair);
      if (!text.startsWith("message") || poisoned.has(pair)) continue;
      const [row] = (this.#sides.get(side)?.sent() ?? []).filter((each) => each.text === text);
      if (row?.state === "queued") this.#violated(`"${text}" still waits, hours after the weather cleared`);
    }
  }

  #judge(): void {
    if (this.#broken) throw this.#broken;
    for (const intent of this.#intents) this.#judgeMessage(intent);
    for (const realm of realms) for (const person of people) this.#judgeOrder(realm, person);
  }

  /** Stored once where it was said to be delivered, never where it was refused; and something was said in the end. */
  #judgeMessage({ side, to, text, told }: Intent): void {
    const rows = (this.#sides.get(side)?.sent() ?? []).filter((row) => row.text === text);
    const copies = this.#mailboxOf(to).filter((message) => message.text === text).length;
    const [row] = rows;
    if (copies > 1) this.#violated(`"${text}" was stored ${copies} times`);
    if (rows.length > 1) this.#violated(`one key became ${rows.length} messages: "${text}"`);
    if (told === null || row === undefined) {
      this.#violated(`"${text}" was never answered`);
      return;
    }
    if (row.state === "queued") this.#violated(`"${text}" never came to a final state`);
    if (told !== "queued" && row.state !== told) this.#violated(`"${text}" was ${told} and is ${row.state}`);
    if (row.state === "delivered" && copies !== 1) this.#violated(`"${text}" is called delivered and is not there`);
    const isRefused = row.reason === "no-such-user" || row.reason === "too-large";
    if (isRefused && copies > 0) this.#violated(`"${text}" is called refused and is there`);
    const isSound = text.startsWith("message") && !to.startsWith("nobody");
    const brokeAgainAndAgain = (this.#network.brokenAlone.get(text) ?? 0) >= limits.crashesBeforeProbe;
    if (row.state === "failed" && isSound && !this.#isForsaken && !brokeAgainAndAgain) {
      this.#violated(`"${text}" failed for ${row.reason}, and nothing was wrong with it`);
    }
  }

  /** What one person sent to another is there in the order of sending. */
  #judgeOrder(realm: string, person: string): void {
    const mailbox = this.#mailboxOf(`${person}@${realm}` as FullAddress);
    for (const sender of new Set(mailbox.map((message) => message.sender))) {
      const numbers = mailbox
        .filter((message) => message.sender === sender)
        .map(({ text }) => Number(text.split("/").at(-1)));
      const inOrder = numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? -1));
      if (!inOrder && !sender.startsWith("sistem"))
        this.#violated(`${sender} to ${person}@${realm}: ${numbers.join(" ")}`);
    }
  }

  /** When all is said, an hour passes and nobody sends anything. */
  async #judgeSilence(): Promise<void> {
    const before = this.#network.requests;
    await this.#run(this.#time.now + hour);
    if (this.#network.requests !== before) this.#violated("an idle pair of realms spoke");
  }

  #mailboxOf(address: FullAddress): { sender: string; text: string }[] {
    const [person = "", realm = ""] = address.split("@");
    return this.#sides.get(realm)?.mailbox(person) ?? [];
  }

  #run(until: number): Promise<void> {
    return this.#time.run(until, () => {
      for (const side of this.#sides.values()) {
        if (!side.isStirred()) continue;
        side.keepAlarm();
        // A little more than the hour, since a clock may have been set back meanwhile.
        if (side.longestPauseMs() > limits.backoffMaxMs + 2 * minute)
          this.#violated(`${side.realm} rests for too long`);
      }
    });
  }

  #violated(what: string): never {
    throw new Violation(what);
  }

  #note(line: string): void {
    this.#show?.(`${new Date(this.#time.now).toISOString().slice(8, 23)} ${line}`);
  }

  #below(most: number): number {
    return Math.floor(this.#random() * most);
  }
}
