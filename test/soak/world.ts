import { Agent, request } from "node:http";
import { text as readText } from "node:stream/consumers";
import { addPeople, bearer } from "../bench/people.ts";
import { Plain, ranah } from "../bench/plain.ts";

export const realmNames = ["surabaya", "jakarta"] as const;
export type RealmName = (typeof realmNames)[number];
/** Accounts of each realm, named by numbers. */
export const people = 100;
/** Groups of each realm. */
export const groups = ["satu", "dua", "tiga", "empat", "lima"] as const;

/** A realm that is killed now and then, and that is asked again until it answers. */
export class Realm {
  readonly name: RealmName;
  readonly server: Plain;
  /** Resolves when the server that runs now, or that is being started, answers. */
  #up: Promise<void> = Promise.resolve();
  #lives = 1;
  /** Milliseconds of the process's clock, when it last came back. */
  backAt = 0;

  constructor(name: RealmName, server: Plain) {
    this.name = name;
    this.server = server;
  }

  /** kill -9, and a start on the same folder; one after another, however slow a start is. */
  restart(): Promise<void> {
    this.#up = this.#up
      .then(() => {
        this.#lives++;
        return this.server.kill();
      })
      .then(() => this.server.start())
      .then(() => {
        this.backAt = performance.now();
      });
    return this.#up;
  }

  /** How often it has been started. */
  get lives(): number {
    return this.#lives;
  }

  /** One request, which a kill may cut off. @param by a person, a token, or nobody */
  async ask(by: number | string | null, line: string): Promise<Reply> {
    const headers = by === null ? {} : typeof by === "number" ? bearer(by) : { authorization: `Bearer ${by}` };
    return post(this.server.url, line, headers);
  }

  /** Asks until there is an answer that is not about a server in trouble. */
  async insist(by: number | string | null, line: string): Promise<Reply> {
    for (;;) {
      await this.#up;
      const life = this.#lives;
      try {
        const reply = await this.ask(by, line);
        if (reply.status < 500 || reply.error === "realm-away") return reply;
        if (life === this.#lives) throw new Fault(`${line} was answered ${reply.status} ${reply.error}`);
      } catch (error) {
        // Only a kill may cut a request off.
        if (error instanceof Fault || life === this.#lives) throw error;
      }
    }
  }
}

/** One connection fewer or more is no news of the server: the load has so many at most, and the bound of handles knows. */
export const connections = 32;
const agent = new Agent({ keepAlive: true, maxSockets: connections });

function post(url: string, line: string, headers: Record<string, string>): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/command`, { method: "POST", agent, headers, timeout: 30_000 }, (response) => {
      readText(response).then((text) => {
        if (!text.endsWith("\r\n\r\n")) return reject(new Error("the reply was cut off"));
        const error = response.headers["error-code"]?.toString() ?? null;
        resolve({ status: response.statusCode ?? 0, error, data: JSON.parse(text).data });
      }, reject);
    });
    sent.on("timeout", () => sent.destroy(new Error("no answer within 30 s")));
    sent.on("error", reject);
    sent.end(line);
  });
}

/** Something that must not happen, and that no restart explains. */
export class Fault extends Error {}

export interface Reply {
  status: number;
  error: string | null;
  data: unknown;
}

/** Two deployments that have each other as peers, with their people and groups. */
export async function openWorld(): Promise<Record<RealmName, Realm>> {
  const program = await ranah();
  const open = (name: RealmName) => new Realm(name, new Plain(program, { REALM: name, LOCAL_PEERS: "yes" }));
  const world = { surabaya: open("surabaya"), jakarta: open("jakarta") };
  const [here, there] = [await world.surabaya.server.reserve(), await world.jakarta.server.reserve()];
  world.surabaya.server.set({ PEERS: JSON.stringify({ jakarta: there }) });
  world.jakarta.server.set({ PEERS: JSON.stringify({ surabaya: here }) });
  for (const realm of Object.values(world)) {
    await realm.server.start();
    await realm.server.kill();
    addPeople(realm.server, 1, people);
    await realm.server.start();
    for (const group of groups) await realm.insist(1, `creategroup ${group}`);
  }
  return world;
}
