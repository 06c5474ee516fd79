import type { Ledger } from "./acknowledged-messages.ts";
import type { Listener } from "./listener.ts";
import {
  Fault,
  groups,
  people,
  privateGroup,
  type Realm,
  type RealmName,
  type Reply,
  realmNames,
} from "./soak-fixture.ts";

/** One operation. */
type Deed = () => Promise<Reply>;

interface Message {
  line: string;
  /** Where it has to be found. */
  log: string;
  text: string;
}

/** A seeded mix of everything that an account can do; what hashes is done apart. */
export class Mix {
  readonly #world: Record<RealmName, Realm>;
  readonly #ledger: Ledger;
  readonly #listeners: readonly Listener[];
  readonly #random: () => number;
  #number = 0;

  constructor(world: Record<RealmName, Realm>, ledger: Ledger, listeners: readonly Listener[], random: () => number) {
    this.#world = world;
    this.#ledger = ledger;
    this.#listeners = listeners;
    this.#random = random;
  }

  /** The next operation, and the realm that it is asked of. What it is to be is settled now, whatever comes between. */
  next(): { realm: Realm; deed: Deed; isWait: boolean } {
    const realm = this.#world[this.#one(realmNames)];
    const who = this.#person();
    const roll = 100 * this.#random();
    // What waits on purpose says nothing about how long answers take.
    if (roll >= 99) return { realm, deed: () => realm.insist(who, "inbox after=1000000 wait=1"), isWait: true };
    let least = 0;
    for (const [share, deed] of this.#deeds(realm, who)) {
      least += share;
      if (roll < least) return { realm, deed: deed(), isWait: false };
    }
    return { realm, deed: () => realm.insist(who, "whoami"), isWait: false };
  }

  /** Shares of a hundred; what is left over asks `whoami`, and the last one waits for a message. */
  #deeds(realm: Realm, who: number): [share: number, () => Deed][] {
    const line = (text: string) => (): Deed => () => realm.insist(who, text);
    const group = `${this.#one(groups)}@${this.#one(realmNames)}`;
    return [
      [18, () => this.#send(realm, who, this.#privateTo(realm.name))],
      [12, () => this.#send(realm, who, this.#privateTo(this.#one(realmNames)))],
      [10, () => this.#send(realm, who, this.#groupTo(group))],
      [3, () => this.#sendMany(realm, who, group)],
      [2, () => this.#sendLive()],
      [2, () => this.#sendToNobody(realm, who)],
      [12, line("inbox last=20")],
      [6, line(`inbox after=${Math.floor(50 * this.#random())} limit=50`)],
      [1, line("inbox")],
      [7, line(`inboxgroup last=20 ${group}`)],
      [5, line("sent last=10")],
      [3, line("status 1")],
      [2, line(`thread last=20 ${this.#person()}@${this.#one(realmNames)}`)],
      [1, line("threads")],
      [2, line(`read ${this.#person()}@${this.#one(realmNames)} 1`)],
      [1, line(`joingroup ${group}`)],
      [1, line("groups")],
      [1, line(`members ${group}`)],
      [1, line("realms")],
      [1, line("sessions")],
      [1, line("help")],
      [1, line(`creategroup ${this.#one(groups)}`)],
      [1, line(`leavegroup ${group}`)],
      [1, line(`joingroup ${privateGroup}@${this.#one(realmNames)}`)],
      [1, () => () => realm.insist(1, `invite ${privateGroup} ${this.#other()}`)],
      [1, () => () => realm.insist(1, `kick ${privateGroup} ${this.#other()}`)],
    ];
  }

  /** A message with a text and a key of its own: it is one, however often a kill has it sent again. */
  #privateTo(realm: RealmName): Message {
    return this.#message("sendprivate", "mailbox", `${this.#person()}@${realm}`);
  }

  #groupTo(group: string): Message {
    return this.#message("sendgroup", "group", group);
  }

  #message(command: string, kind: string, to: string): Message {
    const n = this.#number++;
    return { line: `${command} key=k${n} ${to} pesan ${n}`, log: `${kind} ${to}`, text: `pesan ${n}` };
  }

  #acknowledged({ log, text }: Message, status: number, error: string | null): void {
    if (status !== 200) throw new Fault(`a message to ${log} was answered ${status} ${error}`);
    this.#ledger.acknowledge(log, text);
  }

  #send(realm: Realm, who: number, message: Message): Deed {
    return async () => {
      const reply = await realm.insist(who, message.line);
      this.#acknowledged(message, reply.status, reply.error);
      return reply;
    };
  }

  /** Messages to several places in one request. */
  #sendMany(realm: Realm, who: number, group: string): Deed {
    const messages = realmNames.flatMap((there) => Array.from({ length: 4 }, () => this.#privateTo(there)));
    messages.push(this.#groupTo(group));
    return async () => {
      const lines = messages.map(({ line }) => line);
      const replies = await realm.insistAll(who, lines);
      for (const [n, message] of messages.entries()) {
        this.#acknowledged(message, replies[n]?.status ?? 0, replies[n]?.error ?? null);
      }
      return replies[0] as Reply;
    };
  }

  /** A message over a live socket; where that is cut first, the same line goes over HTTP. */
  #sendLive(): Deed {
    const listener = this.#one(this.#listeners);
    const message = this.#privateTo(this.#one(realmNames));
    const overHttp = this.#send(listener.realm, listener.name, message);
    return async () => {
      const reply = await listener.say(message.line);
      if (reply === null) return overHttp();
      this.#acknowledged(message, reply.status === "OK" ? 200 : 400, reply.error ?? null);
      return { status: 200, error: null, data: reply.data };
    };
  }

  #sendToNobody(realm: Realm, who: number): Deed {
    return async () => {
      const reply = await realm.insist(who, "sendprivate tidak-ada pesan");
      if (reply.error !== "no-such-user") throw new Fault(`a message to nobody was answered ${reply.status}`);
      return reply;
    };
  }

  #person(): number {
    return 1 + Math.floor(people * this.#random());
  }

  /** Anybody but the first of a realm, whose the private group is. */
  #other(): string {
    return `${2 + Math.floor((people - 1) * this.#random())}@${this.#one(realmNames)}`;
  }

  #one<T>(of: readonly T[]): T {
    const chosen = of[Math.floor(of.length * this.#random())];
    if (chosen === undefined) throw new Error("nothing to choose from");
    return chosen;
  }
}

/** What hashes: an account is made, logs in, changes its password and ends its sessions. */
export async function comeAndGo(realm: Realm, name: string): Promise<void> {
  // A kill may come between a question and its answer; what was done then cannot be done again.
  const must = async (token: string | null, line: string, ...also: string[]) => {
    const reply = await realm.insist(token, line);
    if (reply.status !== 200 && !also.includes(reply.error ?? "")) {
      throw new Fault(`${line} was answered ${reply.status} ${reply.error}`);
    }
    return reply;
  };
  await must(null, `register ${name} rahasia-pertama`, "name-taken");
  await must(null, `auth ${name} bukan-rahasia`, "wrong-credentials");
  const { data } = await must(null, `auth ${name} rahasia-pertama`);
  const { token } = data as { token: string };
  await must(token, "passwd rahasia-pertama rahasia-kedua", "wrong-old-password");
  await must(token, "logout all=yes", "session-ended");
}
