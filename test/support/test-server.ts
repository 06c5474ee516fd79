import { afterAll, beforeAll } from "vitest";
import { shardIndexOf } from "../../src/shard-api/shard-names.ts";
import { type CommandOptions, command, type Reply } from "./command.ts";
import type { ServerDriver, Variables } from "./server-driver.ts";
import { newToken, tokenDigest } from "./session.ts";

/** Number of shards of each realm under test. */
export const shardCount = Number(process.env.TEST_SHARDS ?? 1);

/** Whether the server under test runs Durable Objects: only these leave memory while their sockets stay open. */
export const hibernates = process.env.TEST_SERVER !== "selfhost";

/** Two realms, `surabaya` and `jakarta`, in one real server. The host name selects the realm. */
export interface TestServer {
  readonly url: URL;
  /** Sends one command to surabaya, or to `options.host`. */
  command(line: string | Uint8Array, options?: CommandOptions): Promise<Reply>;
  /** Registers an account with the password `rahasia-NAME` and logs in. @returns the token */
  signUp(name: string, host?: string): Promise<string>;
  /** Sends commands as one account, and returns what most tests look at of a reply. */
  as(token?: string, host?: string): (line: string) => Promise<SeenReply>;
  /** Writes accounts with an open session directly into storage, since hashing a password takes a quarter of a second. @returns the tokens */
  seedAccounts(names: string[], realm?: string): Promise<string[]>;
  /** Runs SQL in the shard that owns a name. */
  sql<Row = Record<string, unknown>>(name: string, query: string, realm?: string): Promise<Row[]>;
  /** Evicts the shard that owns a name from memory. Its storage stays, and so do its sockets where it `hibernates`. */
  evict(name: string, realm?: string): Promise<void>;
  /** Restarts on the same storage with these variables added. */
  restart(vars: Variables): Promise<void>;
  logs(): string;
}

/** A reply without its text. */
export interface SeenReply {
  status: number;
  /** `Delivery-State` of a send. */
  state: string | string[] | undefined;
  /** `Error-Code`; undefined: it has succeeded. */
  code: string | string[] | undefined;
  data: unknown;
}

export const jakartaHost = "jakarta.localhost";
export const surabayaHost = "surabaya.localhost";

/**
 * Starts a server before the tests of a file and stops it after them.
 *
 * @param main a main module that replaces `src/index.ts`
 */
export function useServer(vars: Variables = {}, main?: string): TestServer {
  let driver: ServerDriver;
  let url: URL;
  const start = async (more: Variables) => {
    url = await driver.start({
      REALM: "surabaya",
      REALMS: JSON.stringify({ [surabayaHost]: "surabaya", "127.0.0.1": "surabaya", [jakartaHost]: "jakarta" }),
      SHARDS: shardCount,
      ...vars,
      ...more,
    });
  };
  beforeAll(async () => {
    driver = await openDriver(main);
    await start({});
  });
  afterAll(() => driver?.close());

  const shardNameOf = (name: string, realm = "surabaya") =>
    `${realm}/${shardIndexOf(name as never, Number(vars.SHARDS ?? shardCount))}`;
  const send = (line: string | Uint8Array, options?: CommandOptions) => command(url, line, options);
  const sql = async <Row>(name: string, query: string, realm?: string) =>
    (await driver.query(shardNameOf(name, realm), query)) as Row[];
  return {
    get url() {
      return url;
    },
    command: send,
    as: (token, host) => async (line) => {
      const { status, headers, json } = await send(line, { token, host });
      return { status, state: headers["delivery-state"], code: headers["error-code"], data: json.data };
    },
    async signUp(name, host) {
      await send(`register ${name} rahasia-${name}`, { host });
      const reply = await send(`auth ${name} rahasia-${name}`, { host });
      return (reply.json.data as { token: string }).token;
    },
    seedAccounts: (names, realm) =>
      Promise.all(
        names.map(async (name) => {
          const token = newToken(name);
          // The first command loads the shard and creates its schema.
          await send("whoami", { token, host: realm && `${realm}.localhost` });
          await sql(name, `insert or ignore into message_logs (kind, name) values ('mailbox', '${name}')`, realm);
          const owner = `(select id from message_logs where kind = 'mailbox' and name = '${name}')`;
          await sql(
            name,
            `insert or ignore into accounts (id, password_verifier, created_at) values (${owner}, '', 0)`,
            realm,
          );
          const session = `'${tokenDigest(token)}', ${owner}, ${Date.now()}, ${Date.now()}`;
          await sql(name, `insert into sessions values (${session})`, realm);
          return token;
        }),
      ),
    sql,
    evict: (name, realm) => driver.evict(shardNameOf(name, realm)),
    restart: start,
    logs: () => driver.logs(),
  };
}

/** Loads only the driver that is used: importing wrangler takes a second. */
async function openDriver(main?: string): Promise<ServerDriver> {
  if (process.env.TEST_SERVER === "wrangler") return (await import("./wrangler.ts")).wranglerDriver(main);
  if (process.env.TEST_SERVER === "selfhost") return (await import("./selfhost.ts")).selfhostDriver(main);
  return (await import("./workerd.ts")).workerdDriver(main);
}
