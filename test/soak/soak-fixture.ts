import { Agent, request } from "node:http";
import { text as readText } from "node:stream/consumers";
import { addPeople, bearer } from "../bench/bench-accounts.ts";
import { Plain, ranah } from "../bench/workerd-server.ts";

export const realmNames = ["surabaya", "jakarta"] as const;
export type RealmName = (typeof realmNames)[number];
/** Accounts of each realm, named by numbers. */
export const people = 100;
/** Open groups of each realm. */
export const groups = ["satu", "dua", "tiga", "empat", "lima"] as const;
/** A private one of each, which belongs to the first person there. */
export const privateGroup = "rahasia";

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
    const [reply] = (await this.#post("/command", by, line)).replies;
    if (!reply) throw new Error("an answer without a reply");
    return reply;
  }

  /** Asks until there is an answer that is not about a server in trouble. */
  insist(by: number | string | null, line: string): Promise<Reply> {
    return this.#untilAnswered(line, () => this.ask(by, line));
  }

  /** Many lines in one request, which is sent again whole until each is answered. @returns a reply for each */
  insistAll(by: number, lines: readonly string[]): Promise<Reply[]> {
    const name = `a bulk of ${lines.length} lines`;
    return this.#untilAnswered(name, async () => {
      const { status, error, replies } = await this.#post("/commands", by, lines.join("\n"));
      if (status === 200 && replies.length !== lines.length) throw new Error(`${name} has ${replies.length} replies`);
      return { status, error, answer: replies };
    }).then(({ answer }) => answer);
  }

  async #untilAnswered<R extends { status: number; error: string | null }>(
    what: string,
    ask: () => Promise<R>,
  ): Promise<R> {
    for (;;) {
      await this.#up;
      const life = this.#lives;
      try {
        const reply = await ask();
        if (reply.status < 500 || reply.error === "realm-away") return reply;
        if (life === this.#lives) throw new Fault(`${what} was answered ${reply.status} ${reply.error}`);
      } catch (error) {
        // Only a kill may cut a request off, or an idle connection that was closed in the moment in which it was used.
        if (error instanceof ClosedIdle) continue;
        if (error instanceof Fault || life === this.#lives) throw error;
      }
    }
  }

  #post(path: string, by: number | string | null, body: string): Promise<Posted> {
    const headers = by === null ? {} : typeof by === "number" ? bearer(by) : { authorization: `Bearer ${by}` };
    return post(this.server.url + path, body, headers);
  }
}

/** One connection fewer or more is no news of the server: the load has so many at most, and the bound of handles knows. */
export const connections = 32;
const agent = new Agent({ keepAlive: true, maxSockets: connections });

interface Posted {
  status: number;
  error: string | null;
  replies: Reply[];
}

const terminator = "\r\n\r\n";

function post(url: string, body: string, headers: Record<string, string>): Promise<Posted> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: "POST", agent, headers, timeout: 30_000 }, (response) => {
      readText(response).then((text) => {
        if (!text.endsWith(terminator)) return reject(new Error("the reply was cut off"));
        const status = response.statusCode ?? 0;
        const error = response.headers["error-code"]?.toString() ?? null;
        const replies = text.split(terminator).slice(0, -1);
        resolve({
          status,
          error,
          replies: replies.map((reply) => ({ status, error, ...repliedIn(JSON.parse(reply)) })),
        });
      }, reject);
    });
    sent.on("timeout", () => sent.destroy(new Error("no answer within 30 s")));
    sent.on("error", (error: Error & { code?: string }) =>
      reject(sent.reusedSocket && error.code === "ECONNRESET" ? new ClosedIdle() : error),
    );
    sent.end(body);
  });
}

/** What a reply of a bulk or of a socket says in its text, where one over HTTP says it in headers. */
export function repliedIn({
  status,
  data,
  error,
}: {
  status: string;
  data: unknown;
  error?: string;
}): Partial<Reply> & {
  data: unknown;
} {
  return error === undefined ? { data } : { data, error, status: status === "OK" ? 200 : 400 };
}

/** A server may close an idle connection while a client uses it again (RFC 9112, section 9.6): who has a key sends again. */
class ClosedIdle extends Error {}

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
    await realm.insist(1, `creategroup mode=private ${privateGroup}`);
  }
  return world;
}
