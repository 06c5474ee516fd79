import type { Ledger } from "./ledger.ts";
import type { Listener } from "./listener.ts";
import { Fault, groups, people, type Realm, type RealmName, type Reply, realmNames } from "./world.ts";

/** One operation. */
type Deed = () => Promise<Reply>;

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
      [20, () => this.#send(realm, who, "sendprivate", "mailbox", `${this.#person()}@${realm.name}`)],
      [15, () => this.#send(realm, who, "sendprivate", "mailbox", `${this.#person()}@${this.#one(realmNames)}`)],
      [10, () => this.#send(realm, who, "sendgroup", "group", group)],
      [2, () => this.#sendToNobody(realm, who)],
      [15, line("inbox last=20")],
      [6, line(`inbox after=${Math.floor(50 * this.#random())} limit=50`)],
      [1, line("inbox")],
      [8, line(`inboxgroup last=20 ${group}`)],
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
      [2, () => this.#saidLive(realm, who)],
    ];
  }

  #send(realm: Realm, who: number, command: string, kind: string, to: string): Deed {
    const n = this.#number++;
    return async () => {
      // The key makes it one message, however often a kill has it sent again.
      const reply = await realm.insist(who, `${command} key=k${n} ${to} pesan ${n}`);
      if (reply.status !== 200) throw new Fault(`a message to ${to} was answered ${reply.status} ${reply.error}`);
      this.#ledger.acknowledge(`${kind} ${to}`, `pesan ${n}`);
      return reply;
    };
  }

  #sendToNobody(realm: Realm, who: number): Deed {
    return async () => {
      const reply = await realm.insist(who, "sendprivate tidak-ada pesan");
      if (reply.error !== "no-such-user") throw new Fault(`a message to nobody was answered ${reply.status}`);
      return reply;
    };
  }

  /** A question over a live socket, beside one over HTTP. */
  #saidLive(realm: Realm, who: number): Deed {
    const listener = this.#one(this.#listeners);
    return () => {
      listener.say("whoami");
      return realm.insist(who, "whoami");
    };
  }

  #person(): number {
    return 1 + Math.floor(people * this.#random());
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
