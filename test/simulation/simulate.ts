import type { FullAddress } from "../../src/protocol/names.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { checkDelivery, checkExpiry, checkPromptness, checkRest, fail, Violation } from "./checks.ts";
import { Network, type NetworkFaults, noFaults } from "./network.ts";
import {
  crashingMessage,
  normalMessage,
  oversizedMessage,
  type PlannedMessage,
  unknownAccount,
} from "./planned-message.ts";
import { type Mutation, SimulatedRealm } from "./simulated-realm.ts";
import { SimulatedTime } from "./time.ts";

export interface Report {
  messages: number;
  requests: number;
  crashes: number;
  clockSteps: number;
}

const realmNames = ["surabaya", "jakarta"] as const;
const accounts = ["ani", "budi"] as const;
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** Clocks may be set back, so a run starts late enough that no time becomes negative. */
const start = 100 * day;
const longestStepMs = 30 * day;
/** Time until a sender repeats a command that was not answered. */
const resendMs = 10_000;

/**
 * Runs one seeded simulation. Two realms send messages to each other during network faults, partitions and crashes. Then the
 * network recovers; in some runs one realm never returns. Throws a `Violation` if a delivery guarantee is broken.
 */
export async function simulate(seed: number, mutation: Mutation = {}, show?: (line: string) => void): Promise<Report> {
  return new Simulation(seed, mutation, show).run();
}

class Simulation {
  readonly #time = new SimulatedTime(start - day);
  readonly #random: () => number;
  readonly #show: ((line: string) => void) | undefined;
  readonly #network: Network;
  readonly #realms: ReadonlyMap<string, SimulatedRealm>;
  readonly #messages: PlannedMessage[] = [];
  readonly #peerNeverReturns: boolean;
  #crashes = 0;
  #clockSteps = 0;
  #isRecovered = false;
  /** A violation that a callback found. It is thrown at the end of the run. */
  #pendingViolation: Violation | null = null;

  constructor(seed: number, mutation: Mutation, show: ((line: string) => void) | undefined) {
    this.#show = show;
    this.#random = seededRandom(seed);
    this.#network = new Network(this.#time, this.#random, (line) => this.#log(line));
    this.#realms = new Map(
      realmNames.map((realm) => [
        realm,
        new SimulatedRealm(realm, {
          accounts,
          peers: realmNames.filter((name) => name !== realm),
          isSelfHosted: this.#random() < 0.6,
          time: this.#time,
          random: this.#random,
          network: this.#network,
          mutation,
        }),
      ]),
    );
    this.#network.realms = this.#realms;
    this.#peerNeverReturns = this.#random() < 0.1;
  }

  async run(): Promise<Report> {
    const network = this.#network;
    const state = {
      messages: this.#messages,
      realms: this.#realms,
      crashesAlone: network.crashesAlone,
      peerNeverReturns: this.#peerNeverReturns,
    };
    await this.#advanceTo(start);
    this.#plan();
    await this.#advanceTo(start + 20 * minute);
    this.#recover();
    await this.#advanceTo(start + 5 * hour);
    checkPromptness(state);
    // Messages that crash the receiver or have no reachable receiver expire after seven days, and later if a clock is set back.
    await this.#advanceTo(start + 4 * day);
    await this.#advanceTo(start + 10 * day + Math.max(...[...this.#realms.values()].map(({ overlapMs }) => overlapMs)));
    if (this.#pendingViolation) throw this.#pendingViolation;
    checkDelivery(state);
    const requests = network.requests;
    await this.#advanceTo(this.#time.now + hour);
    if (network.requests !== requests) fail("a realm without queued messages sent a request");
    return {
      messages: this.#messages.length,
      requests: network.requests,
      crashes: this.#crashes,
      clockSteps: this.#clockSteps,
    };
  }

  #plan(): void {
    this.#network.faults = this.#randomFaults();
    for (const realm of this.#realms.values()) {
      realm.skewMs = (this.#random() - 0.5) * 8 * minute;
      for (const account of accounts) this.#planMessages(realm.realm, account);
      for (let left = this.#randomBelow(4); left > 0; left--) {
        this.#time.schedule(this.#random() * 10 * minute, () => this.#crash(realm));
      }
      if (this.#random() < 0.3) {
        this.#time.schedule(this.#random() * 10 * minute, () => {
          realm.stepClock((this.#random() - 0.5) * 2 * minute);
          this.#log(`${realm.realm}'s clock jumps`);
        });
      }
      if (realm.isSelfHosted && this.#random() < 0.6) this.#planClockSteps(realm);
    }
    for (let left = this.#randomBelow(3); left > 0; left--) {
      this.#time.schedule(this.#random() * 10 * minute, () => this.#partition(this.#random() * 5 * minute));
    }
  }

  /** Steps of up to 30 days in both directions, while the process runs and while it is down. Later the clock may become right. */
  #planClockSteps(realm: SimulatedRealm): void {
    for (let left = 1 + this.#randomBelow(3); left > 0; left--) {
      const size = longestStepMs ** this.#random() * (this.#random() < 0.5 ? 1 : -1);
      const isAcrossRestart = this.#random() < 0.5;
      this.#time.schedule(this.#random() * 15 * minute, () => {
        if (isAcrossRestart) this.#crash(realm);
        this.#stepClock(realm, size);
      });
    }
    const correctedAfter = this.#random() < 0.5 ? 20 * minute : this.#random() * 3 * day;
    if (this.#random() < 0.7) this.#time.schedule(correctedAfter, () => this.#stepClock(realm, -realm.skewMs));
  }

  #stepClock(realm: SimulatedRealm, ms: number): void {
    this.#clockSteps++;
    this.#log(`${realm.realm}'s clock steps by ${Math.round(ms / 1000)} s${realm.isUp ? "" : " while it is down"}`);
    realm.stepClock(ms);
  }

  #randomFaults(): NetworkFaults {
    const max = this.#random() * 0.5;
    const probability = () => this.#random() * max;
    return {
      dropRequest: probability(),
      dropResponse: probability(),
      duplicate: probability(),
      delayBeyondTimeout: probability(),
      rateLimited: probability(),
      receiverCrash: probability() / 2,
      shardUnavailable: probability(),
    };
  }

  /** Plans the messages of one account. It sends the next message after the reply to the previous one. */
  #planMessages(realm: string, account: string): void {
    const peer = realmNames.find((name) => name !== realm) ?? realm;
    const messages = Array.from({ length: this.#randomBelow(12) }, (_, index): PlannedMessage => {
      const kind = this.#random();
      const recipient = kind < 0.05 ? unknownAccount : accounts[this.#randomBelow(accounts.length)];
      const prefix = kind > 0.98 ? crashingMessage : kind > 0.96 ? oversizedMessage : normalMessage;
      const text = `${prefix} ${realm}/${account}/${index}`;
      return { realm, account, to: `${recipient}@${peer}` as FullAddress, text, reportedState: null, sentAt: null };
    });
    this.#messages.push(...messages);
    const sendNext = (index: number) => {
      const message = messages[index];
      if (message) this.#time.schedule(this.#random() * minute, () => this.#send(message, () => sendNext(index + 1)));
    };
    sendNext(0);
  }

  async #send(message: PlannedMessage, done: () => void): Promise<void> {
    const realm = this.#realms.get(message.realm);
    if (!realm) return;
    message.sentAt ??= this.#time.now;
    // The sender repeats the command with the same key until it is answered. The first of several answers counts.
    let isAnswered = false;
    const cancel = this.#time.schedule(resendMs, () => isAnswered || this.#send(message, done));
    try {
      const key = message.text.replaceAll(" ", "_");
      const answer = await realm.send(message.account, message.to, message.text, key);
      cancel();
      if (message.reportedState !== null) return;
      isAnswered = true;
      const delivery = answer.kind === "text" || answer.kind === "failure" ? answer.delivery : undefined;
      if (!delivery) {
        this.#pendingViolation = new Violation(`an answer without a state: ${JSON.stringify(answer)}`);
        return;
      }
      message.reportedState = delivery.state;
      this.#log(`reply to ${message.account}@${message.realm}: "${message.text}" is ${delivery.state}`);
      done();
    } catch {
      // The realm is down or crashed before it answered. The scheduled event repeats the command.
    }
  }

  #crash(realm: SimulatedRealm): void {
    if (!realm.isUp || this.#isRecovered) return;
    this.#crashes++;
    this.#log(`${realm.realm} crashes`);
    realm.crash();
    this.#time.schedule(this.#random() * minute, () => {
      this.#log(`${realm.realm} restarts`);
      realm.restart();
    });
  }

  #partition(ms: number): void {
    this.#log("network partition begins");
    this.#network.isPartitioned = true;
    this.#time.schedule(ms, () => {
      this.#network.isPartitioned = this.#isRecovered && this.#peerNeverReturns;
      this.#log("network partition ends");
    });
  }

  #recover(): void {
    this.#isRecovered = true;
    this.#network.faults = noFaults;
    this.#network.isPartitioned = this.#peerNeverReturns;
    this.#log(this.#peerNeverReturns ? "the network stays partitioned for good" : "the network recovers");
  }

  /** Runs all events up to a time. */
  #advanceTo(time: number): Promise<void> {
    return this.#time.run(time, () => {
      for (const realm of this.#realms.values()) {
        checkRest(realm, this.#time.now);
        if (!realm.takeHasChanged()) continue;
        realm.scheduleAlarm();
        checkExpiry(realm, this.#messages, this.#time.now);
      }
    });
  }

  #log(line: string): void {
    this.#show?.(`${new Date(this.#time.now).toISOString().slice(8, 23)} ${line}`);
  }

  #randomBelow(max: number): number {
    return Math.floor(this.#random() * max);
  }
}
