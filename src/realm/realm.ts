import { DurableObject } from "cloudflare:workers";
import { Accounts } from "../account/accounts.ts";
import type { Session } from "../account/store.ts";
import type { SessionClaim } from "../account/token.ts";
import { type Config, configOf, type Env } from "../env.ts";
import { Groups } from "../group/groups.ts";
import type { Envelope } from "../link/envelope.ts";
import { Links } from "../link/links.ts";
import type { Result } from "../link/rules.ts";
import { SentLog } from "../link/sent-log.ts";
import { Logs } from "../message/logs.ts";
import type { LogKind } from "../message/store.ts";
import type { Command, Page } from "../protocol/commands.ts";
import {
  type Address,
  type FullAddress,
  fullAddress,
  type Name,
  type RealmName,
  splitAddress,
} from "../protocol/names.ts";
import { type Answer, failure } from "../protocol/replies.ts";
import { Alarm } from "./alarm.ts";
import { Birth } from "./birth.ts";
import { rpcCarrier } from "./carrier.ts";
import { GroupCommit } from "./commit.ts";
import { realmObject } from "./objects.ts";
import { Post } from "./post.ts";
import { Retention } from "./retention.ts";
import { migrate } from "./schema.ts";
import { parseShardName, shardName, shardOf } from "./shards.ts";

/** A command and whoever gives it. */
export interface Call {
  command: Exclude<Command, { name: "help" }>;
  /** Null for the commands that need no session. */
  claim: SessionClaim | null;
  /** The bearer of the operator's token. */
  operator: boolean;
}

/** What another shard or realm asks for one of its users, whom it vouches for. */
export type Question =
  | { kind: "create-group"; group: Name; by: FullAddress }
  | { kind: "read-group"; group: FullAddress; page: Page; by: FullAddress };

/**
 * One shard of a realm: its accounts, sessions, mailboxes, groups, and the links that lead out of it. Objects have
 * names such as `surabaya/0`. This class shows the surface and puts the rooms together; what they do is theirs.
 */
export class Realm extends DurableObject<Env> {
  readonly #config: Config;
  readonly #realm: RealmName;
  readonly #shard: number;
  readonly #birth: Birth;
  readonly #commit: GroupCommit;
  readonly #alarm: Alarm;
  readonly #logs: Logs;
  readonly #accounts: Accounts;
  readonly #groups: Groups;
  readonly #links: Links;
  readonly #post: Post;
  readonly #retention: Retention;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { storage } = ctx;
    const sql = storage.sql;
    const clock = Date.now;
    this.#config = configOf(env);
    const { realm, shard } = parseShardName(ctx.id.name ?? "");
    this.#realm = realm;
    this.#shard = shard;
    storage.transactionSync(() => migrate(sql));

    this.#birth = new Birth(sql, this.#config.shards);
    this.#commit = new GroupCommit(
      (work) => storage.transactionSync(work),
      () => {
        this.#logs.announce();
        this.#links.start();
      },
    );
    const write = <T>(work: () => T) => this.#commit.run(work);
    this.#alarm = new Alarm(storage);
    this.#logs = new Logs(sql, clock);
    this.#accounts = new Accounts(sql, this.#logs.store, {
      realm,
      clock,
      write,
      derive: (password, salt, cost) => env.HASHERS.getByName(shardName(realm, 0)).derive(password, salt, cost),
      equal: (a, b) => a.byteLength === b.byteLength && crypto.subtle.timingSafeEqual(a, b),
    });
    this.#groups = new Groups(sql, this.#logs, clock);
    const sent = new SentLog(sql, (name) => fullAddress(name, realm));
    this.#links = new Links(sent, {
      clock,
      random: Math.random,
      write,
      carrier: rpcCarrier(env, this.#config),
      arm: (time) => this.#alarm.arm(time),
    });
    this.#post = new Post(this.#logs, sent, this.#links, write, clock);
    this.#retention = new Retention(sql, this.#logs.store, sent, this.#config.retentionDays, clock);

    ctx.blockConcurrencyWhile(async () => {
      await this.#alarm.load();
      this.#rearm();
    });
  }

  /** Carries out a command. Expected failures are answers; what is thrown is a bug or an outage. */
  async execute({ command, claim, operator }: Call): Promise<Answer> {
    const refusal = await this.#refusal();
    if (refusal) return refusal;
    switch (command.name) {
      case "register":
        return this.#mayRegister(operator) ?? this.#accounts.register(command.account, command.password);
      case "auth":
        return this.#accounts.auth(command.account, command.password);
    }
    if (!claim) return failure("token-missing");
    const session = this.#accounts.authenticate(claim);
    if ("error" in session) return session;
    const me = fullAddress(session.account.name, this.#realm);
    switch (command.name) {
      case "sendprivate":
        return this.#send(session, me, "mailbox", command.to, command.text, command.options.key);
      case "sendgroup":
        return this.#send(session, me, "group", command.group, command.text, command.options.key);
      case "inbox":
        return this.#logs.read(session.account.id, command.options, me);
      case "inboxgroup":
        return this.#ask(command.group, (group) => ({ kind: "read-group", group, page: command.options, by: me }));
      case "creategroup":
        return this.#ask({ name: command.group, realm: null }, () => ({
          kind: "create-group",
          group: command.group,
          by: me,
        }));
      case "whoami":
        return this.#accounts.whoami(session);
      case "sessions":
        return this.#accounts.sessions(session, claim);
      case "passwd":
        return this.#accounts.passwd(session, claim, command.old, command.new);
      case "logout":
        return this.#accounts.logout(session, claim, command.options.all === "yes");
    }
  }

  /** Takes messages from another object. @throws where this object may not serve: they stay with the sender */
  async deliver(batch: Envelope[]): Promise<Result[]> {
    if (await this.#refusal()) throw new Error("this shard does not serve");
    return this.#post.receive(batch);
  }

  /** Answers another object. */
  async query(question: Question): Promise<Answer> {
    return (await this.#refusal()) ?? this.#answer(question);
  }

  /** How the realm was born. Asked of the first shard by the others, once in their lives. */
  birth(): number {
    return this.#birth.record();
  }

  /** Null where this object serves, an answer where it may not. */
  async health(): Promise<Answer | null> {
    return this.#refusal();
  }

  /** Never throws: an alarm that throws is tried six times and then dropped for good. */
  override async alarm(): Promise<void> {
    this.#alarm.rang();
    try {
      await this.#links.wakeDue();
      while (await this.#commit.run(() => this.#retention.sweep()));
    } catch (error) {
      console.error({ event: "alarm-failed", object: this.ctx.id.name, error: String(error) });
    }
    this.#rearm();
  }

  /** Set last, so that nothing that went wrong before can leave the object asleep with work to do. */
  #rearm(): void {
    for (const due of [this.#links.nextDue(), this.#retention.nextDue()]) {
      if (due !== null) this.#alarm.arm(Math.max(due, Date.now()));
    }
  }

  async #refusal() {
    return this.#birth.refusal(async () =>
      this.#shard === 0 ? this.#birth.record() : realmObject(this.env, this.#config, shardName(this.#realm, 0)).birth(),
    );
  }

  #mayRegister(operator: boolean): Answer | null {
    const { registration } = this.#config;
    if (registration === "open" || (registration === "invite" && operator)) return null;
    return failure(registration === "closed" ? "registration-closed" : "operator-registers");
  }

  #send(
    session: Session,
    from: FullAddress,
    kind: LogKind,
    to: Address,
    text: string,
    key: string | undefined,
  ): Promise<Answer> | Answer {
    const place = this.#placeOf(to);
    if (!place) return failure("no-such-realm", { realm: to.realm ?? "" });
    const draft = { kind, to: place.address, text, key: key ?? null, destination: place.destination };
    return this.#post.send(session.account, from, draft);
  }

  /** Asks the object that holds a group, which may be this one. */
  async #ask(group: Address, question: (group: FullAddress) => Question): Promise<Answer> {
    const place = this.#placeOf(group);
    if (!place) return failure("no-such-realm", { realm: group.realm ?? "" });
    const asked = question(place.address);
    if (place.destination === null) return this.#answer(asked);
    return realmObject(this.env, this.#config, place.destination).query(asked);
  }

  #answer(question: Question): Promise<Answer> {
    switch (question.kind) {
      case "create-group":
        return this.#commit.run(() => this.#groups.create(question.group, question.by));
      case "read-group":
        return this.#groups.read(splitAddress(question.group).name, question.group, question.page, question.by);
    }
  }

  /** Which object holds an address: null in `destination` is this one. Null where its realm is not known here. */
  #placeOf({ name, realm }: Address): { address: FullAddress; destination: string | null } | null {
    const there = realm ?? this.#realm;
    if (!this.#config.hosted.has(there)) return null;
    const shard = shardOf(name, this.#config.shards);
    const here = there === this.#realm && shard === this.#shard;
    return { address: fullAddress(name, there), destination: here ? null : shardName(there, shard) };
  }
}
