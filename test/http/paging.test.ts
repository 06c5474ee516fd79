import { beforeAll, describe, expect, test } from "vitest";
import { okBody, withOptions } from "../support/command.ts";
import { jakartaHost, useServer } from "../support/test-server.ts";

const server = useServer();
interface Message {
  id: number;
  from: string;
  text: string;
  time: string;
}
const count = 12;
let budi = "";
let ani = "";

beforeAll(async () => {
  [budi = "", ani = ""] = await server.seedAccounts(["budi", "ani"]);
  await server.command("creategroup tim", { token: budi });
  const [dewi] = await server.seedAccounts(["dewi"], "jakarta");
  await server.command("creategroup tim", { token: dewi, host: jakartaHost });
  for (let i = 1; i <= count; i++) {
    const sends = [`sendprivate ani pesan ${i}`, `sendgroup tim pesan ${i}`, `sendgroup tim@jakarta pesan ${i}`];
    await Promise.all(sends.map((line) => server.command(line, { token: budi })));
  }
});

const read = async (line: string) => (await server.command(line, { token: ani })).json.data as Message[];
const idsOf = async (line: string) => (await read(line)).map(({ id }) => id);

interface Bounds {
  after?: number | undefined;
  before?: number | undefined;
  limit?: number | undefined;
  last?: number | undefined;
}

/** Reference model: the options applied to a plain list. */
function model(ids: number[], { after, before, limit, last }: Bounds): number[] {
  const between = ids.filter((id) => (after === undefined || id > after) && (before === undefined || id < before));
  if (limit !== undefined) return between.slice(0, limit);
  return last === undefined ? between : between.slice(-last);
}

/** Every combination of the options, in alternating order. */
function combinations(): [options: string, bounds: Bounds][] {
  const all: [string, Bounds][] = [];
  const pages: Bounds[] = [{}, ...[1, 5, 10_000].flatMap((rows) => [{ limit: rows }, { last: rows }])];
  for (const after of [undefined, 0, 4, count, 99]) {
    for (const before of [undefined, 0, 1, 6, count + 1, 9_007_199_254_740_991]) {
      for (const page of pages) {
        const bounds = { after, before, ...page };
        const given = Object.entries(bounds).flatMap(([key, value]) => (value === undefined ? [] : `${key}=${value}`));
        if (all.length % 3 === 0) given.push("wait=0");
        all.push([(all.length % 2 ? given : given.reverse()).join(" "), bounds]);
      }
    }
  }
  return all;
}

describe("after, before, limit and last", () => {
  const everything = Array.from({ length: count }, (_, index) => index + 1);

  test.for([
    ["inbox", 1],
    ["inboxgroup tim", 4],
    ["inboxgroup tim@jakarta", 4],
  ] as const)("in `%s` match the reference model, in one of %s combinations", async ([bare, every]) => {
    const all = combinations();
    expect(all).toHaveLength(5 * 6 * 7);
    const some = all.filter((_, index) => index % every === 0);
    const results = some.map(async ([options, bounds]) => {
      const line = withOptions(bare, options);
      expect([line, await idsOf(line)]).toEqual([line, model(everything, bounds)]);
    });
    await Promise.all(results);
  });

  test("a message has exactly its id, its sender's full address, its text and its time", async () => {
    const before = Date.now();
    await server.command("sendprivate budi@surabaya catatan", { token: budi });
    for (const line of ["inbox", "inbox last=1", "inbox after=0 limit=1"]) {
      const reply = await server.command(line, { token: budi });
      const [message] = reply.json.data as Message[];
      expect(message?.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(Date.parse(message?.time ?? "")).toBeGreaterThanOrEqual(before - 1000);
      expect(Date.parse(message?.time ?? "")).toBeLessThanOrEqual(Date.now());
      expect(reply.text).toBe(okBody([{ id: 1, from: "budi@surabaya", text: "catatan", time: message?.time }]));
      expect(reply.headers["content-type"]).toBe("application/json; charset=utf-8");
    }
  });

  test("reading with a cursor in small pages returns every message once", async () => {
    const seen: number[] = [];
    for (let after = 0; ; ) {
      const page = await idsOf(`inbox after=${after} limit=5`);
      if (page.length === 0) break;
      seen.push(...page);
      after = page.at(-1) ?? 0;
    }
    expect(seen).toEqual(everything);
  });
});

describe("a log that is longer than one chunk", () => {
  const rows = 1000;
  const text = (i: number) => `${i} ${"x".repeat(i % 50 === 0 ? 60_000 : 20)}`;

  /** Inserts messages into a log by SQL in its object. */
  async function fill(kind: string, name: string, realm?: string): Promise<void> {
    await server.sql(
      name,
      `insert into messages (log_id, id, sender, text, sent_at, received_at)
       with recursive n (i) as (select 1 union all select i + 1 from n where i < ${rows})
       select message_logs.id, ${count} + i, 'budi@surabaya', i || ' ' || printf('%.*c', iif(i % 50 = 0, 60000, 20), 'x'), 0, 0
       from n, message_logs where kind = '${kind}' and name = '${name}'`,
      realm,
    );
    // The object's caches do not contain these messages.
    await server.evict(name, realm);
  }

  test.for([
    ["inbox", "mailbox", "ani", "surabaya"],
    ["inboxgroup tim", "group", "tim", "surabaya"],
    ["inboxgroup tim@jakarta", "group", "tim", "jakarta"],
  ] as const)(
    "is returned by `%s` completely and in order, with its terminator last",
    async ([line, kind, name, realm]) => {
      await fill(kind, name, realm);
      const ask = (options: string) => server.command(withOptions(line, options), { token: ani });

      const whole = await ask(`after=${count}`);
      expect(whole.text.length).toBeGreaterThan(20 * 60_000);
      expect(whole.text.indexOf("\r\n\r\n")).toBe(whole.text.length - 4);
      expect(whole.headers["content-type"]).toBe("application/json; charset=utf-8");
      const messages = whole.json.data as Message[];
      expect(messages.map(({ id }) => id)).toEqual(Array.from({ length: rows }, (_, i) => count + 1 + i));
      expect(messages.every((message, i) => message.text === text(i + 1))).toBe(true);
      expect(whole.text === okBody(messages)).toBe(true);

      // Pages that end before, at and after the ends of chunks, and one that is cut by size alone.
      const bounds: Bounds[] = [255, 256, 257, 512, 513].flatMap((n) => [{ limit: n }, { last: n }]);
      bounds.push({ after: 40, before: 700 }, { after: 60, limit: 3 }, { last: 999, before: 1000 });
      const all = Array.from({ length: count + rows }, (_, i) => i + 1);
      for (const page of bounds) {
        const options = Object.entries(page).map(([key, value]) => `${key}=${value}`);
        const reply = await ask(options.join(" "));
        const ids = (reply.json.data as Message[]).map(({ id }) => id);
        expect([options, ids]).toEqual([options, model(all, page)]);
      }
    },
  );
});
