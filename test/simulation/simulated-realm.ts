import * as v from "valibot";
import { parseToken } from "../../src/accounts/session-token.ts";
import { type Config, parseConfig } from "../../src/config/config.ts";
import type { Transport } from "../../src/delivery/delivery-queues.ts";
import { type DeliveryOutcome, type RetryPolicy, retryPolicy } from "../../src/delivery/retry-policy.ts";
import { limits } from "../../src/limits.ts";
import {
  type FullAddress,
  type Name,
  parseName,
  parseRealm,
  type RealmName,
  splitAddress,
} from "../../src/protocol/names.ts";
import type { Answer } from "../../src/protocol/replies.ts";
import { createShard } from "../../src/shard/composition-root.ts";
import type { ShardPorts } from "../../src/shard/ports.ts";
import type { Shard } from "../../src/shard/shard.ts";
import { decodeAnswer } from "../../src/shard-api/answer-codec.ts";
import type { SessionRef } from "../../src/shard-api/caller.ts";
import type { DeliveryResult } from "../../src/shard-api/delivery-result.ts";
import { isGroupUpdate, type OutboundItem, type OutboundMessage } from "../../src/shard-api/outbound-items.ts";
import { shardNameOf } from "../../src/shard-api/shard-names.ts";
import { SimulatedAlarm } from "./simulated-alarm.ts";
import { type Connection, SimulatedDatabase } from "./simulated-database.ts";
import type { SimulatedTime } from "./time.ts";

/** What a test breaks. Each field replaces one part of the program or of its host. */
export interface Mutation {
  policy?: Partial<RetryPolicy>;
  /** Alarms are not set. */
  noAlarm?: boolean;
  /** Received messages are stored without a check of their uid. */
  noDeduplication?: boolean;
  /** Steps of the clock are not looked for. */
  noClockHistory?: boolean;
}

export interface SimulatedRealmDeps {
  accounts: readonly string[];
  /** The other realms. */
  peers: readonly string[];
  /** A self-hosted server: its clock may step, a start schedules its alarm anew, and a machine that is up runs its process. */
  isSelfHosted: boolean;
  time: SimulatedTime;
  random: () => number;
  network: { send(from: SimulatedRealm, destination: string, batch: OutboundMessage[]): Promise<DeliveryOutcome> };
  mutation: Mutation;
}

/** A running process with the realm's only shard. */
interface Process {
  shard: Shard;
  connection: Connection;
}

/**
 * One realm of the simulation: a real shard on simulated ports. A crash ends the process and keeps the database. Nothing that a
 * crashed process still does has any effect.
 */
export class SimulatedRealm {
  readonly realm: RealmName;
  /** Milliseconds by which this realm's clock is ahead. */
  skewMs = 0;
  /** How long all steps forward can count as time that has passed. */
  countedStepsMs = 0;
  /** How much later messages may expire because times before and after steps back overlap. */
  overlapMs = 0;
  /** The simulated time of the last attempt to deliver, or of the last start of the machine. */
  lastActiveAt: number;
  /** The machine runs. The process starts with the first request or alarm. */
  isUp = true;
  readonly #deps: SimulatedRealmDeps;
  readonly #config: Config;
  readonly #policy: RetryPolicy;
  readonly #database = new SimulatedDatabase();
  readonly #alarm: SimulatedAlarm;
  readonly #sessions = new Map<string, SessionRef>();
  #starting: Promise<Process> | null = null;
  #connection: Connection | null = null;
  /** The alarm as an event of the simulation. */
  #scheduledAlarm: { time: number; cancel: () => void } | null = null;
  #nextNonce = 0;

  constructor(realm: string, deps: SimulatedRealmDeps) {
    const { accounts, mutation, peers, time } = deps;
    this.realm = trusted(parseRealm(realm));
    this.#deps = deps;
    this.lastActiveAt = time.now;
    const origins = Object.fromEntries(peers.map((peer) => [peer, `https://${peer}.example`]));
    this.#config = parseConfig({ REALM: realm, PEERS: origins });
    this.#policy = { ...retryPolicy, ...mutation.policy };
    this.#alarm = new SimulatedAlarm(this.#database, mutation.noAlarm ?? false);
    time.schedule(0, () => {
      for (const account of accounts) void this.#createAccount(trusted(parseName(account)));
    });
  }

  /** Ends the process at once, in the middle of its work. */
  crash(): void {
    this.isUp = false;
    if (this.#connection) this.#connection.isOpen = false;
    this.#connection = null;
    this.#starting = null;
    this.#scheduledAlarm?.cancel();
    this.#scheduledAlarm = null;
    if (this.isSelfHosted) this.#alarm.clear();
    else this.#alarm.crash();
  }

  restart(): void {
    this.isUp = true;
    this.lastActiveAt = this.#deps.time.now;
    if (this.isSelfHosted) void this.#process();
    else this.scheduleAlarm();
  }

  get isSelfHosted(): boolean {
    return this.#deps.isSelfHosted;
  }

  /** Sets the clock forward, or back by a negative number. */
  stepClock(ms: number): void {
    this.skewMs += ms;
    this.countedStepsMs += Math.min(Math.max(0, ms), limits.clockGapMaxMs);
    this.overlapMs += Math.min(Math.max(0, -ms), limits.deliveryTtlMs);
  }

  /** Whether something may have been stored since the last call. */
  takeHasChanged(): boolean {
    return this.#database.takeHasChanged();
  }

  /** The platform's part: fires the stored alarm, also if no process runs. */
  scheduleAlarm(): void {
    const { time } = this.#alarm;
    if (!this.isUp || time === (this.#scheduledAlarm?.time ?? null)) return;
    this.#scheduledAlarm?.cancel();
    this.#scheduledAlarm = null;
    if (time === null) return;
    const cancel = this.#deps.time.schedule(time - this.#clock(), () => void this.#fireAlarm());
    this.#scheduledAlarm = { time, cancel };
  }

  /** Sends a message for an account. Rejects if the realm is down or crashes before the answer. */
  async send(account: string, to: FullAddress, text: string, key: string): Promise<Answer> {
    const { shard, connection } = await this.#process();
    const session = this.#sessions.get(account);
    if (!session) throw new Error("an account without a session");
    const command = { name: "sendprivate", to: splitAddress(to), text, options: { key } } as const;
    const answer = decodeAnswer(await shard.execute(command, session));
    checkAlive(connection);
    return answer;
  }

  /** Receives a batch of a peer. Rejects if the realm is down or crashes before the answer. */
  async receive(from: RealmName, batch: OutboundMessage[]): Promise<DeliveryResult[]> {
    const { shard, connection } = await this.#process();
    const items = this.#deps.mutation.noDeduplication
      ? batch.map((message) => ({ ...message, uid: crypto.randomUUID() }))
      : batch;
    // A duplicated request gets a new nonce, so that only the uids of its messages identify it.
    const peer = { from, nonce: `${this.#nextNonce++}`, bytes: 0, isAdmitted: false };
    const answer = await shard.receiveDelivery(peer, items);
    checkAlive(connection);
    if (answer.kind !== "results") throw new Error(`delivery not admitted: ${answer.kind}`);
    return answer.results;
  }

  mailbox(account: string): { sender: string; text: string }[] {
    const query = `select sender, text from messages
      where log_id = (select id from message_logs where kind = 'mailbox' and name = ?) order by id`;
    return this.#database.platform.all<{ sender: string; text: string }>(query, account);
  }

  sent(): { text: string; state: string; reason: string | null }[] {
    const query = "select text, state, reason from sent_messages";
    return this.#database.platform.all<{ text: string; state: string; reason: string | null }>(query);
  }

  get hasQueued(): boolean {
    // Asked after every event of an idle realm.
    return this.#database.platform.all("select 1 from sent_messages where state = 'queued' limit 1").length > 0;
  }

  #clock(): number {
    return Math.round(this.#deps.time.now + this.skewMs);
  }

  async #fireAlarm(): Promise<void> {
    this.#scheduledAlarm = null;
    this.#alarm.fire();
    const { shard, connection } = await this.#process();
    await shard.onAlarm();
    if (connection.isOpen) this.#alarm.finish();
  }

  /** The running process. A request or an alarm starts it. */
  #process(): Promise<Process> {
    if (!this.isUp) return Promise.reject(new Error("down"));
    this.#starting ??= this.#start();
    return this.#starting;
  }

  async #start(): Promise<Process> {
    const connection = this.#database.connect();
    this.#connection = connection;
    const shard = createShard(shardNameOf(this.realm, 0), this.#config, this.#ports(connection));
    await shard.start();
    return { shard, connection };
  }

  #ports(connection: Connection): ShardPorts {
    const { mutation, random, time } = this.#deps;
    return {
      driver: connection,
      scheduleCommit: (commit) => queueMicrotask(() => connection.isOpen && commit()),
      alarm: this.#alarm,
      sockets: { all: () => [], lastPingAt: () => null },
      shards: {
        get: unexpected,
        describeFailure: unexpected,
      },
      hashing: { derive: async () => ({ ok: true, key: new Uint8Array(32) }) },
      fetch: unexpected,
      clock: () => this.#clock(),
      monotonic: () => time.now,
      hasTrustedClock: !this.isSelfHosted || (mutation.noClockHistory ?? false),
      random,
      // The timers of a crashed process do nothing.
      timer: (done, ms) => time.schedule(ms, () => connection.isOpen && done()),
      transport: this.#transport(connection),
      retryPolicy: this.#policy,
    };
  }

  #transport(connection: Connection): Transport<OutboundItem> {
    return {
      send: async (destination, items) => {
        const messages = items.filter((item) => !isGroupUpdate(item));
        if (messages.length < items.length) throw new Error("a group update in a simulation without groups");
        this.lastActiveAt = this.#deps.time.now;
        const outcome = await this.#deps.network.send(this, destination, messages);
        // A crashed process never receives the outcome.
        return connection.isOpen ? outcome : new Promise<never>(() => {});
      },
    };
  }

  async #createAccount(account: Name): Promise<void> {
    const { shard } = await this.#process();
    const password = "a simulated password";
    await shard.authenticateOrRegister({ name: "register", account, password, options: {} }, false);
    const answer = await shard.authenticateOrRegister({ name: "auth", account, password, options: {} }, false);
    if (answer.kind !== "data") throw new Error("an account that could not be created");
    const { token } = v.parse(v.object({ token: v.string() }), JSON.parse(answer.json));
    this.#sessions.set(account, trusted(parseToken(token)));
  }
}

function checkAlive(connection: Connection): void {
  if (!connection.isOpen) throw new Error("crashed");
}

function unexpected(): never {
  throw new Error("a port that the simulation does not use");
}

function trusted<T>(parsed: T | null): T {
  if (parsed === null) throw new Error("a text that cannot be parsed");
  return parsed;
}
