import { bearerHeader } from "../bench/bench-accounts.ts";
import type { BenchServer } from "../bench/bench-server.ts";
import { type HttpReply, IdleConnectionClosed, post, type Reply } from "./http-client.ts";
import type { RealmName } from "./soak-realms.ts";

/** A reply that no restart explains. */
export class UnexpectedReply extends Error {}

/** An account's number, another token, or no credentials. */
export type Credentials = number | string | null;

/** A realm that is killed and restarted during the test. Its clients repeat commands until they are answered. */
export class RestartingRealm {
  readonly name: RealmName;
  readonly server: BenchServer;
  /** Resolves when the running or starting server answers. */
  #up: Promise<void> = Promise.resolve();
  #starts = 1;
  /** Value of `performance.now()` at the end of the last start. */
  upSince = 0;

  constructor(name: RealmName, server: BenchServer) {
    this.name = name;
    this.server = server;
  }

  /** Kills the server and starts it on the same data folder. Restarts run one after another. */
  restart(): Promise<void> {
    this.#up = this.#up
      .then(() => {
        this.#starts++;
        return this.server.kill();
      })
      .then(() => this.server.start())
      .then(() => {
        this.upSince = performance.now();
      });
    return this.#up;
  }

  /** Number of starts so far. */
  get starts(): number {
    return this.#starts;
  }

  /** Sends a command until a server that is not failing answers it. */
  sendUntilAnswered(by: Credentials, line: string): Promise<Reply> {
    return this.#untilAnswered(line, async () => {
      const [reply] = (await this.#post("/command", by, line)).replies;
      if (!reply) throw new Error("an answer without a reply");
      return reply;
    });
  }

  /** Sends several commands in one request, and repeats the whole request until it is answered. @returns one reply per command */
  async sendBulkUntilAnswered(by: number, lines: readonly string[]): Promise<Reply[]> {
    const name = `a bulk request of ${lines.length} commands`;
    const { replies } = await this.#untilAnswered(name, async () => {
      const answer = await this.#post("/commands", by, lines.join("\n"));
      const { length } = answer.replies;
      if (answer.status === 200 && length !== lines.length) throw new Error(`${name} has ${length} replies`);
      return answer;
    });
    return replies;
  }

  async #untilAnswered<R extends { status: number; error: string | null }>(
    what: string,
    send: () => Promise<R>,
  ): Promise<R> {
    for (;;) {
      await this.#up;
      const start = this.#starts;
      try {
        const reply = await send();
        if (reply.status < 500 || reply.error === "realm-away") return reply;
        if (start === this.#starts) throw new UnexpectedReply(`${what} was answered ${reply.status} ${reply.error}`);
      } catch (error) {
        // Only a restart may cut off a request, apart from an idle connection that closes during its reuse.
        if (error instanceof IdleConnectionClosed) continue;
        if (error instanceof UnexpectedReply || start === this.#starts) throw error;
      }
    }
  }

  #post(path: string, by: Credentials, body: string): Promise<HttpReply> {
    const headers = by === null ? {} : typeof by === "number" ? bearerHeader(by) : { authorization: `Bearer ${by}` };
    return post(this.server.url + path, body, headers);
  }
}
