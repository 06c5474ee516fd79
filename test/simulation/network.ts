import type { DeliveryOutcome } from "../../src/delivery/retry-policy.ts";
import type { RealmName } from "../../src/protocol/names.ts";
import type { OutboundMessage } from "../../src/shard-api/outbound-items.ts";
import { crashingMessage, oversizedMessage } from "./planned-message.ts";
import type { SimulatedRealm } from "./simulated-realm.ts";
import type { SimulatedTime } from "./time.ts";

/** The probability of each fault, from 0 to 1. */
export interface NetworkFaults {
  dropRequest: number;
  dropResponse: number;
  /** The request arrives twice. */
  duplicate: number;
  /** The request or the response may arrive after the sender's timeout. */
  delayBeyondTimeout: number;
  /** The receiver answers 429. */
  rateLimited: number;
  /** The receiver crashes for a reason outside the batch. */
  receiverCrash: number;
  /** The shard of one recipient is unavailable. */
  shardUnavailable: number;
}
export const noFaults: NetworkFaults = {
  dropRequest: 0,
  dropResponse: 0,
  duplicate: 0,
  delayBeyondTimeout: 0,
  rateLimited: 0,
  receiverCrash: 0,
  shardUnavailable: 0,
};

const timeoutMs = 5_000;

/** The network between the realms. Each request and each response can be lost, late or duplicated. */
export class Network {
  readonly #time: SimulatedTime;
  readonly #random: () => number;
  readonly #log: (line: string) => void;
  faults: NetworkFaults = noFaults;
  isPartitioned = false;
  /** Number of requests sent so far. */
  requests = 0;
  /** Number of receiver crashes while a message was alone in its batch, by message text. */
  readonly crashesAlone = new Map<string, number>();
  realms: ReadonlyMap<string, SimulatedRealm> = new Map();

  constructor(time: SimulatedTime, random: () => number, log: (line: string) => void) {
    this.#time = time;
    this.#random = random;
    this.#log = log;
  }

  /** The transport of every delivery queue. */
  send(from: SimulatedRealm, destination: string, batch: OutboundMessage[]): Promise<DeliveryOutcome> {
    this.requests++;
    const number = this.requests;
    const log = (what: string) => this.#log(`#${number} ${from.realm}→${destination} ${what}`);
    log(`request: ${batch.map(({ from, to, text }) => `${from}→${to} ${text}`).join(", ")}`);
    return new Promise((resolve) => {
      let isPending = true;
      const respond = (outcome: DeliveryOutcome) => {
        if (!isPending) return;
        isPending = false;
        log(`outcome: ${JSON.stringify(outcome)}`);
        resolve(outcome);
      };
      const target = this.realms.get(destination);
      if (!target?.isUp && !this.isPartitioned && this.#chance(0.5)) {
        this.#time.schedule(this.#delayMs(), () => respond({ kind: "unreachable", problem: "refused connection" }));
        return;
      }
      this.#time.schedule(timeoutMs, () => respond({ kind: "unreachable", problem: "timeout" }));
      const copies = this.#chance(this.faults.duplicate) ? 2 : 1;
      for (let copy = 0; copy < copies; copy++) {
        if (this.isPartitioned || this.#chance(this.faults.dropRequest)) log("request lost");
        else this.#time.schedule(this.#delayMs(), () => this.#deliver(from, destination, batch, log, respond));
      }
    });
  }

  async #deliver(
    from: SimulatedRealm,
    destination: string,
    batch: OutboundMessage[],
    log: (what: string) => void,
    respond: (outcome: DeliveryOutcome) => void,
  ): Promise<void> {
    let outcome: DeliveryOutcome;
    try {
      outcome = await this.#responseOf(from.realm, destination, batch);
    } catch (error) {
      log(`not received: ${error}`);
      return;
    }
    log("received");
    const [alone] = batch;
    if (outcome.kind === "crashed" && batch.length === 1 && alone) {
      this.crashesAlone.set(alone.text, (this.crashesAlone.get(alone.text) ?? 0) + 1);
    }
    if (this.isPartitioned || this.#chance(this.faults.dropResponse)) log("response lost");
    else this.#time.schedule(this.#delayMs(), () => respond(outcome));
  }

  async #responseOf(from: RealmName, destination: string, batch: OutboundMessage[]): Promise<DeliveryOutcome> {
    const target = this.realms.get(destination);
    if (!target?.isUp) throw new Error("down");
    if (this.#chance(this.faults.rateLimited)) {
      return { kind: "unreachable", problem: "status 429", retryAfterMs: this.#random() * 10_000 };
    }
    const contains = (prefix: string) => batch.some(({ text }) => text.startsWith(prefix));
    if (contains(oversizedMessage)) return { kind: "batch-rejected", reason: "too-large" };
    if (contains(crashingMessage) || this.#chance(this.faults.receiverCrash)) {
      return { kind: "crashed", problem: "status 500" };
    }
    if (!this.#chance(this.faults.shardUnavailable)) {
      return { kind: "answered", results: await target.receive(from, batch) };
    }
    // All messages for the recipient of an unavailable shard are deferred.
    const deferredRecipient = batch[0]?.to;
    const results = await target.receive(
      from,
      batch.filter(({ to }) => to !== deferredRecipient),
    );
    return {
      kind: "answered",
      results: batch.map(({ to }) =>
        to === deferredRecipient ? { state: "deferred" } : (results.shift() ?? { state: "deferred" }),
      ),
    };
  }

  #delayMs(): number {
    return this.#chance(this.faults.delayBeyondTimeout) ? this.#random() * 30_000 : 1 + this.#random() * 200;
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }
}
