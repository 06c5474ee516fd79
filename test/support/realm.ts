import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll } from "vitest";
import { shardOf } from "../../src/shard-api/shard-names.ts";
import { command, type Options, type Reply } from "./command.ts";
import type { Carrier, Variables } from "./server-driver.ts";

/** How many objects the realms under test are cut into. */
export const shards = Number(process.env.TEST_SHARDS ?? 1);

/** Two realms in one real workerd, under wrangler or alone: `surabaya`, and `jakarta` behind the host name of that name. */
export interface TestServer {
  readonly url: URL;
  /** Sends one command to surabaya, or to `options.host`. */
  command(line: string | Uint8Array, options?: Options): Promise<Reply>;
  /** Registers with the password `rahasia-NAME` and logs in. @returns the token */
  person(name: string, host?: string): Promise<string>;
  /** Accounts with an open session, written straight into the objects: a hash takes a quarter of a second. */
  crowd(names: string[], realm?: string): Promise<string[]>;
  /** Runs SQL in the object that holds a name. */
  sql<Row = Record<string, unknown>>(name: string, query: string, realm?: string): Promise<Row[]>;
  /** Throws the object that holds a name out of memory; its storage stays. */
  evict(name: string, realm?: string): Promise<void>;
  /** Starts anew on the same storage, under these variables too. */
  restart(vars: Variables): Promise<void>;
  logs(): string;
}

export const jakarta = "jakarta.localhost";
export const surabaya = "surabaya.localhost";

/**
 * Starts a server before the tests of a file and ends it after them.
 *
 * @param main a Worker that stands in for `src/index.ts`
 */
export function useServer(vars: Variables = {}, main?: string): TestServer {
  let carrier: Carrier;
  let url: URL;
  const serve = async (more: Variables) => {
    url = await carrier.serve({
      REALM: "surabaya",
      REALMS: JSON.stringify({ [surabaya]: "surabaya", "127.0.0.1": "surabaya", [jakarta]: "jakarta" }),
      SHARDS: shards,
      ...vars,
      ...more,
    });
  };
  beforeAll(async () => {
    carrier = await carry(main);
    await serve({});
  });
  afterAll(() => carrier?.close());

  const objectOf = (name: string, realm = "surabaya") =>
    `${realm}/${shardOf(name as never, Number(vars.SHARDS ?? shards))}`;
  const send = (line: string | Uint8Array, options?: Options) => command(url, line, options);
  const sql = async <Row>(name: string, query: string, realm?: string) =>
    (await carrier.sql(objectOf(name, realm), query)) as Row[];
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
    crowd: (names, realm) =>
      Promise.all(
        names.map(async (name) => {
          const token = `rnh_${name}_${randomBytes(32).toString("base64url")}`;
          const digest = createHash("sha256").update(token).digest("hex");
          // The first command wakes the object, so that its schema is there.
          await send("whoami", { token, host: realm && `${realm}.localhost` });
          await sql(name, `insert or ignore into logs (kind, name) values ('mailbox', '${name}')`, realm);
          const owner = `(select id from logs where kind = 'mailbox' and name = '${name}')`;
          await sql(name, `insert or ignore into accounts (id, verifier, created) values (${owner}, '', 0)`, realm);
          await sql(name, `insert into sessions values ('${digest}', ${owner}, ${Date.now()}, ${Date.now()})`, realm);
          return token;
        }),
      ),
    sql,
    evict: (name, realm) => carrier.evict(objectOf(name, realm)),
    restart: serve,
    logs: () => carrier.logs(),
  };
}

/** Loads one of the two only: wrangler alone takes a second. */
async function carry(main?: string): Promise<Carrier> {
  if (process.env.TEST_SERVER === "wrangler") return (await import("./wrangler.ts")).onWrangler(main);
  return (await import("./workerd.ts")).onWorkerd(main);
}
