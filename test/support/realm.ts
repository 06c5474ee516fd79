import { createHash, randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll } from "vitest";
import { createTestHarness } from "wrangler";
import { shardOf } from "../../src/realm/shards.ts";
import { command, type Options, type Reply } from "./command.ts";

/** How many objects the realms under test are cut into. */
export const shards = Number(process.env.TEST_SHARDS ?? 1);
const root = fileURLToPath(new URL("../..", import.meta.url));

/** Two realms in one real workerd: `surabaya`, and `jakarta` behind the host name of that name. */
export interface TestServer {
  readonly url: URL;
  /** Sends one command to surabaya, or to `options.host`. */
  command(line: string | Uint8Array, options?: Options): Promise<Reply>;
  /** Registers with the password `rahasia-NAME` and logs in. @returns the token */
  person(name: string, host?: string): Promise<string>;
  /** Accounts with an open session, written straight into the objects: a hash takes a quarter of a second. */
  crowd(names: string[]): Promise<string[]>;
  /** Runs SQL in the object that holds a name. */
  sql<Row = Record<string, unknown>>(name: string, query: string, realm?: string): Promise<Row[]>;
  /** Throws the object that holds a name out of memory; its storage stays. */
  evict(name: string, realm?: string): Promise<void>;
  logs(): string;
}

export const jakarta = "jakarta.localhost";
export const surabaya = "surabaya.localhost";

/** Starts a server before the tests of a file and ends it after them. */
export function useServer(vars: Record<string, string | number> = {}): TestServer {
  const harness = createTestHarness();
  let url: URL;
  beforeAll(async () => {
    await harness.update({
      root,
      workers: [
        {
          configPath: "./wrangler.toml",
          vars: {
            REALM: "surabaya",
            REALMS: JSON.stringify({ [surabaya]: "surabaya", "127.0.0.1": "surabaya", [jakarta]: "jakarta" }),
            SHARDS: shards,
            ...vars,
          },
        },
      ],
    });
    ({ url } = await harness.listen());
  });
  afterAll(() => harness.close());

  const objectOf = (name: string, realm = "surabaya") =>
    `${realm}/${shardOf(name as never, Number(vars.SHARDS ?? shards))}`;
  const send = (line: string | Uint8Array, options?: Options) => command(url, line, options);
  const sql = async <Row>(name: string, query: string, realm?: string) => {
    const storage = await harness.getWorker().getDurableObjectStorage("Realm", { name: objectOf(name, realm) });
    return (await storage.exec(query)) as Row[];
  };
  return {
    get url() {
      return url;
    },
    command: send,
    async person(name, host) {
      await send(`register ${name} rahasia-${name}`, { host });
      const reply = await send(`auth ${name} rahasia-${name}`, { host });
      return (reply.json.data as { token: string }).token;
    },
    crowd: (names) =>
      Promise.all(
        names.map(async (name) => {
          const token = `rnh_${name}_${randomBytes(32).toString("base64url")}`;
          const digest = createHash("sha256").update(token).digest("hex");
          // The first command wakes the object, so that its schema is there.
          await send("whoami", { token });
          await sql(name, `insert into logs (kind, name) values ('mailbox', '${name}')`);
          const owner = `(select id from logs where kind = 'mailbox' and name = '${name}')`;
          await sql(name, `insert into accounts (id, verifier, created) values (${owner}, '', 0)`);
          await sql(name, `insert into sessions values ('${digest}', ${owner}, ${Date.now()}, ${Date.now()})`);
          return token;
        }),
      ),
    sql,
    async evict(name, realm) {
      await harness.getWorker().evictDurableObject("Realm", { name: objectOf(name, realm), webSockets: "hibernate" });
    },
    logs: () => JSON.stringify(harness.getLogs()),
  };
}
