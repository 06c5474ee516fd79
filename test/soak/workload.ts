import type { AcknowledgedMessages } from "./acknowledged-messages.ts";
import type { Reply } from "./http-client.ts";
import type { ReconnectingSocket } from "./reconnecting-socket.ts";
import { type RestartingRealm, UnexpectedReply } from "./restarting-realm.ts";
import { accountsPerRealm, openGroups, privateGroup, type RealmName, realmNames } from "./soak-realms.ts";

type Operation = () => Promise<Reply>;

interface Message {
  line: string;
  /** The mailbox or group that must contain it, such as `mailbox 7@jakarta`. */
  log: string;
  text: string;
}

export interface WorkloadDeps {
  realms: Record<RealmName, RestartingRealm>;
  acknowledged: AcknowledgedMessages;
  sockets: readonly ReconnectingSocket[];
  random: () => number;
}

/** A seeded mix of all commands of an account, except those that hash passwords. */
export class Workload {
  readonly #deps: WorkloadDeps;
  #messageCount = 0;

  constructor(deps: WorkloadDeps) {
    this.#deps = deps;
  }

  /** The next operation and its realm. All random choices happen here, so the sequence depends on the seed alone. */
  next(): { realm: RestartingRealm; operation: Operation; isWait: boolean } {
    const realm = this.#deps.realms[this.#oneOf(realmNames)];
    const by = this.#account();
    const roll = 100 * this.#deps.random();
    // The duration of a long poll is not a response time.
    if (roll >= 99) {
      return { realm, operation: () => realm.sendUntilAnswered(by, "inbox after=1000000 wait=1"), isWait: true };
    }
    let upTo = 0;
    for (const [share, operation] of this.#operations(realm, by)) {
      upTo += share;
      if (roll < upTo) return { realm, operation: operation(), isWait: false };
    }
    return { realm, operation: () => realm.sendUntilAnswered(by, "whoami"), isWait: false };
  }

  /** Operations with their shares in percent. `whoami` takes the rest up to 99; the last percent is a long poll. */
  #operations(realm: RestartingRealm, by: number): [share: number, () => Operation][] {
    const command = (line: string) => (): Operation => () => realm.sendUntilAnswered(by, line);
    const group = `${this.#oneOf(openGroups)}@${this.#oneOf(realmNames)}`;
    return [
      [18, () => this.#send(realm, by, this.#privateTo(realm.name))],
      [12, () => this.#send(realm, by, this.#privateTo(this.#oneOf(realmNames)))],
      [10, () => this.#send(realm, by, this.#groupTo(group))],
      [3, () => this.#sendBulk(realm, by, group)],
      [2, () => this.#sendLive()],
      [2, () => this.#sendToUnknown(realm, by)],
      [12, command("inbox last=20")],
      [6, command(`inbox after=${Math.floor(50 * this.#deps.random())} limit=50`)],
      [1, command("inbox")],
      [7, command(`inboxgroup last=20 ${group}`)],
      [5, command("sent last=10")],
      [3, command("status 1")],
      [2, command(`thread last=20 ${this.#account()}@${this.#oneOf(realmNames)}`)],
      [1, command("threads")],
      [2, command(`read ${this.#account()}@${this.#oneOf(realmNames)} 1`)],
      [1, command(`joingroup ${group}`)],
      [1, command("groups")],
      [1, command(`members ${group}`)],
      [1, command("realms")],
      [1, command("sessions")],
      [1, command("help")],
      [1, command(`creategroup ${this.#oneOf(openGroups)}`)],
      [1, command(`leavegroup ${group}`)],
      [1, command(`joingroup ${privateGroup}@${this.#oneOf(realmNames)}`)],
      [1, () => () => realm.sendUntilAnswered(1, `invite ${privateGroup} ${this.#nonOwner()}`)],
      [1, () => () => realm.sendUntilAnswered(1, `kick ${privateGroup} ${this.#nonOwner()}`)],
    ];
  }

  #privateTo(realm: RealmName): Message {
    return this.#message("sendprivate", "mailbox", `${this.#account()}@${realm}`);
  }

  #groupTo(group: string): Message {
    return this.#message("sendgroup", "group", group);
  }

  /** A message with its own text and idempotency key, so that repeated sends store it once. */
  #message(command: string, kind: string, to: string): Message {
    const n = this.#messageCount++;
    return { line: `${command} key=k${n} ${to} pesan ${n}`, log: `${kind} ${to}`, text: `pesan ${n}` };
  }

  #recordReply({ log, text }: Message, status: number, error: string | null): void {
    if (status !== 200) throw new UnexpectedReply(`a message to ${log} was answered ${status} ${error}`);
    this.#deps.acknowledged.add(log, text);
  }

  #send(realm: RestartingRealm, by: number, message: Message): Operation {
    return async () => {
      const reply = await realm.sendUntilAnswered(by, message.line);
      this.#recordReply(message, reply.status, reply.error);
      return reply;
    };
  }

  /** Messages to several recipients in one request. */
  #sendBulk(realm: RestartingRealm, by: number, group: string): Operation {
    const messages = realmNames.flatMap((name) => Array.from({ length: 4 }, () => this.#privateTo(name)));
    messages.push(this.#groupTo(group));
    return async () => {
      const lines = messages.map(({ line }) => line);
      const replies = await realm.sendBulkUntilAnswered(by, lines);
      for (const [n, message] of messages.entries()) {
        this.#recordReply(message, replies[n]?.status ?? 0, replies[n]?.error ?? null);
      }
      return replies[0] as Reply;
    };
  }

  /** A message over a live socket. If the socket closes first, the same command is sent over HTTP. */
  #sendLive(): Operation {
    const socket = this.#oneOf(this.#deps.sockets);
    const message = this.#privateTo(this.#oneOf(realmNames));
    const sendOverHttp = this.#send(socket.realm, socket.account, message);
    return async () => {
      const reply = await socket.command(message.line);
      if (reply === null) return sendOverHttp();
      this.#recordReply(message, reply.status === "OK" ? 200 : 400, reply.error ?? null);
      return { status: 200, error: null, data: reply.data };
    };
  }

  #sendToUnknown(realm: RestartingRealm, by: number): Operation {
    return async () => {
      const reply = await realm.sendUntilAnswered(by, "sendprivate tidak-ada pesan");
      if (reply.error !== "no-such-user") {
        throw new UnexpectedReply(`a message to an unknown account was answered ${reply.status}`);
      }
      return reply;
    };
  }

  #account(): number {
    return 1 + Math.floor(accountsPerRealm * this.#deps.random());
  }

  /** Any account of any realm except account 1, which owns the private group. */
  #nonOwner(): string {
    return `${2 + Math.floor((accountsPerRealm - 1) * this.#deps.random())}@${this.#oneOf(realmNames)}`;
  }

  #oneOf<T>(values: readonly T[]): T {
    const chosen = values[Math.floor(values.length * this.#deps.random())];
    if (chosen === undefined) throw new Error("no values to choose from");
    return chosen;
  }
}
