import { AccountStore } from "../../src/accounts/account-store.ts";
import { type Carrier, Links } from "../../src/delivery/delivery-queues.ts";
import { HealthStore } from "../../src/delivery/destination-store.ts";
import { type Result, type Rules, rules } from "../../src/delivery/retry-policy.ts";
import { GroupStore } from "../../src/groups/group-store.ts";
import { Threads } from "../../src/messaging/conversations.ts";
import { type Arrival, Logs } from "../../src/messaging/logs.ts";
import { type Contribution, Post, type Word } from "../../src/messaging/message-service.ts";
import { MessageStore } from "../../src/messaging/message-store.ts";
import { SentLog } from "../../src/messaging/sent-log.ts";
import { type FullAddress, fullAddress, type Name, type RealmName } from "../../src/protocol/names.ts";
import { type Answer, failure } from "../../src/protocol/replies.ts";
import { Rounds } from "../../src/shard/maintenance.ts";
import { Retention } from "../../src/shard/retention.ts";
import { migrate } from "../../src/shard/schema.ts";
import type { Letter } from "../../src/shard-api/outbound-items.ts";
import { Alarm } from "../../src/storage/alarm-schedule.ts";
import { Notes } from "../../src/storage/notes.ts";
import { first } from "../../src/storage/sql.ts";
import { GroupCommit } from "../../src/storage/unit-of-work.ts";
import { type Database, memoryDatabase } from "../support/sqlite.ts";
import type { Time } from "./time.ts";

/** What a test may break: each field replaces one part of the real thing. */
export interface Sabotage {
  rules?: Partial<Rules>;
  /** Alarms are not set. */
  noAlarm?: boolean;
  /** What arrives is stored without asking whether it has come before. */
  noUid?: boolean;
}

/** A message text that breaks whoever stores it. */
export const poison = "poison";

/**
 * One realm in the simulation: the real group commit, outbox, link, alarm and receiver, on a real SQLite. A crash takes
 * the object and leaves the database; nothing that a dead object still does has any effect.
 */
export class Side {
  readonly realm: RealmName;
  readonly #database: Database = memoryDatabase();
  readonly #sql = this.#database.sql;
  readonly #time: Time;
  readonly #random: () => number;
  readonly #sabotage: Sabotage;
  readonly #carrier: (side: Side, destination: string, batch: Letter[]) => ReturnType<Carrier>;
  /** Milliseconds that this side's clock is ahead of the others'. */
  skewMs = 0;
  /** The machine runs. Without an object nothing is in memory; a request or an alarm makes one. */
  isUp = true;
  #object: LiveObject | null = null;
  #opening: Promise<LiveObject> | null = null;
  #cancelAlarm: (() => void) | null = null;
  /** The time that the platform will ring at. */
  #alarmKept: number | null = null;
  #stirred = false;

  constructor(
    realm: string,
    people: string[],
    time: Time,
    random: () => number,
    sabotage: Sabotage,
    carrier: (side: Side, destination: string, batch: Letter[]) => ReturnType<Carrier>,
  ) {
    this.realm = realm as RealmName;
    this.#time = time;
    this.#random = random;
    this.#sabotage = sabotage;
    this.#carrier = carrier;
    migrate(this.#sql);
    this.#sql.exec("create table platform_alarm (at integer not null, ringing integer not null default 0) strict");
    const accounts = new AccountStore(this.#sql);
    const mailboxes = new MessageStore(this.#sql);
    for (const name of people) accounts.add(mailboxes.addLog("mailbox", name), "", 0);
  }

  /** The machine is gone, at once and in the middle of whatever it did. */
  crash(): void {
    this.isUp = false;
    if (this.#object) this.#object.isAlive = false;
    this.#object = null;
    this.#opening = null;
    this.#cancelAlarm?.();
    this.#cancelAlarm = null;
    this.#alarmKept = null;
    // An alarm whose handler did not come to its end rings again: at least once is what the platform promises.
    this.#sql.exec("update platform_alarm set ringing = 0");
  }

  restart(): void {
    this.isUp = true;
    this.keepAlarm();
  }

  /** Something was stored since this was asked last. */
  isStirred(): boolean {
    const before = this.#stirred;
    this.#stirred = false;
    return before;
  }

  /** The platform's part: rings the alarm that is stored, also of an object that is not in memory. */
  keepAlarm(): void {
    const at = this.#alarmAt();
    if (!this.isUp || at === this.#alarmKept) return;
    this.#cancelAlarm?.();
    this.#alarmKept = at;
    if (at === null) return;
    this.#cancelAlarm = this.#time.in(at - this.#clock(), () => {
      this.#alarmKept = null;
      this.#stirred = true;
      this.#sql.exec("update platform_alarm set ringing = 1");
      void this.#alive().then(async (object) => {
        await object.rounds.make();
        if (object.isAlive) this.#sql.exec("delete from platform_alarm where ringing = 1");
      });
    });
  }

  /** Sends as a user would. Rejects where the side is down or dies before it has answered. */
  async send(person: string, to: FullAddress, text: string, key: string): Promise<Answer> {
    const object = await this.#alive();
    const account = first<{ id: number }>(this.#sql, "select id from logs where name = ?", person)?.id ?? 0;
    const destination = to.slice(to.indexOf("@") + 1);
    const from = fullAddress(person as Name, this.realm);
    const draft = { kind: "mailbox" as const, to, text, key, destination };
    const answer = await object.post.send({ id: account, name: person as Name }, from, draft);
    if (!object.isAlive) throw new Error("died");
    return answer;
  }

  /** Takes what a peer brings. Rejects where the side is down or dies before it has answered. */
  async receive(from: RealmName, batch: Letter[]): Promise<Result[]> {
    const object = await this.#alive();
    const taken = this.#sabotage.noUid ? batch.map((each) => ({ ...each, uid: `r/${this.#random()}` })) : batch;
    const results = await object.receive(taken);
    await object.links.heardFrom(from);
    if (!object.isAlive) throw new Error("died");
    return results;
  }

  mailbox(person: string): { sender: string; text: string }[] {
    return this.#sql
      .exec<{ sender: string; text: string }>(
        "select sender, text from messages where log = (select id from logs where name = ?) order by id",
        person,
      )
      .toArray();
  }

  sent(): { text: string; state: string; reason: string | null }[] {
    return this.#sql
      .exec<{ text: string; state: string; reason: string | null }>("select text, state, reason from sent")
      .toArray();
  }

  /** The longest pause that a link of this side has before it, in milliseconds. */
  longestPauseMs(): number {
    const due = first<{ due: number | null }>(this.#sql, "select max(due) due from links")?.due ?? 0;
    return due - this.#clock();
  }

  #clock(): number {
    return Math.round(this.#time.now + this.skewMs);
  }

  #alarmAt(): number | null {
    return first<{ at: number }>(this.#sql, "select min(at) at from platform_alarm where ringing = 0")?.at ?? null;
  }

  #alive(): Promise<LiveObject> {
    if (!this.isUp) return Promise.reject(new Error("down"));
    this.#opening ??= this.#open();
    return this.#opening;
  }

  async #open(): Promise<LiveObject> {
    const sql = this.#sql;
    const clock = () => this.#clock();
    // A dead object's timers still ring; they must find nothing to do.
    const timer = (done: () => void, ms: number) => this.#time.in(ms, () => object.isAlive && done());
    const arrivals = new Notes<Arrival>();
    const words = new Notes<Word>();
    const contributions = new Notes<Contribution>();
    const grown = new Notes<string>();
    const alarm = new Alarm({
      getAlarm: async () => this.#alarmAt(),
      setAlarm: async (at) => {
        if (this.#sabotage.noAlarm) return;
        this.#stirred = true;
        sql.exec("delete from platform_alarm where ringing = 0");
        sql.exec("insert into platform_alarm (at) values (?)", at);
      },
    });
    const commit = new GroupCommit(
      arrivals.within(
        words.within(
          alarm.within((work) => {
            this.#stirred = true;
            return this.#database.transaction(work);
          }),
        ),
      ),
      () => {
        for (const notes of [arrivals, words, contributions, grown]) notes.take();
        links.start();
        rounds.keepRetention();
      },
      timer,
    );
    const write = <T>(work: () => T) => commit.run(work);
    const logs = new Logs(sql, arrivals);
    const sent = new SentLog(sql, (name) => fullAddress(name, this.realm));
    const links = new Links(
      sent,
      new HealthStore(sql),
      {
        clock,
        random: this.#random,
        timer,
        write,
        carrier: (destination, batch) => this.#carrier(this, destination, batch),
        isKept: () => true,
        arm: (at) => alarm.arm(at),
        settled: (...given) => post.settled(...given),
      },
      { ...rules, ...this.#sabotage.rules },
    );
    const threads = new Threads(sql, () => null, grown);
    const noGroups = { post: () => null, handle: () => failure("no-such-group") };
    const noMemberships = { isMember: () => false, hasRoom: () => true, set: () => {} };
    const post = new Post({
      words,
      contributions,
      realm: this.realm,
      logs,
      threads,
      groups: noGroups,
      memberships: noMemberships,
      sent,
      links,
      write,
      clock,
    });
    const retention = new Retention(sql, logs.store, sent, threads, null, clock);
    const noSockets = { sweep: () => {}, nextDue: () => null };
    const rounds = new Rounds(alarm, [links], retention, noSockets, new GroupStore(sql, logs.store), commit, clock);
    const receive = (batch: Letter[]) => write(() => batch.map((letter) => post.take(letter)));
    const object: LiveObject = { isAlive: true, post, receive, links, rounds };
    this.#object = object;
    await rounds.start();
    return object;
  }
}

interface LiveObject {
  isAlive: boolean;
  post: Post;
  receive(batch: Letter[]): Promise<Result[]>;
  links: Links;
  rounds: Rounds;
}
