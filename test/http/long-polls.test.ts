import { beforeAll, describe, expect, test } from "vitest";
import { okBody, type Reply, withOptions } from "../support/command.ts";
import { startLongPoll } from "../support/long-poll.ts";
import { openSession } from "../support/session.ts";
import { jakartaHost, useServer } from "../support/test-server.ts";

const server = useServer();
interface Message {
  id: number;
  text: string;
}
let budi = "";
let ani = "";
let dewi = "";

beforeAll(async () => {
  [budi = "", ani = ""] = await server.seedAccounts(["budi", "ani"]);
  [dewi = ""] = await server.seedAccounts(["dewi"], "jakarta");
  await server.command("creategroup tim", { token: budi });
  await server.command("creategroup tim", { token: dewi, host: jakartaHost });
});

const messagesOf = (reply: Reply) => reply.json.data as Message[];

/** The id of the newest message that a line reads, or 0. */
async function newest(line: string, token: string): Promise<number> {
  const reply = await server.command(withOptions(line, "last=1"), { token });
  return messagesOf(reply)[0]?.id ?? 0;
}

const poll = (line: string, token: string, host?: string) =>
  startLongPoll((asked) => server.command(asked, { token, host }), line);

describe("a long poll", () => {
  test.for([
    ["inbox", "sendprivate ani"],
    ["inboxgroup tim", "sendgroup tim"],
    ["inboxgroup tim@jakarta", "sendgroup tim@jakarta"],
    ["thread budi", "sendprivate ani"],
  ])("of %s returns 401 and no message if its session ends meanwhile", async ([line = "", send]) => {
    const session = await openSession(server, "ani");
    const after = await newest(line, session);
    const { answer } = await poll(withOptions(line, `after=${after} wait=20`), session);
    await server.command("logout", { token: session });
    await server.command(`${send} rahasia`, { token: budi });
    const reply = await answer;
    expect([reply.status, reply.headers["error-code"]]).toEqual([401, "session-ended"]);
    expect(reply.text).not.toContain("rahasia");
  });

  test.for([
    ["inbox", "sendprivate ani"],
    ["inboxgroup tim", "sendgroup tim"],
    ["inboxgroup tim@jakarta", "sendgroup tim@jakarta"],
  ] as const)("by `%s` is answered within 100 ms of the answer to `%s`", async ([line, send]) => {
    const delays: number[] = [];
    for (let round = 0; round < 5; round++) {
      const after = await newest(line, ani);
      const { answer } = await poll(withOptions(line, `after=${after} wait=20`), ani);
      await server.command(`${send} putaran ${round}`, { token: budi });
      const sentAt = performance.now();
      const reply = await answer;
      expect(messagesOf(reply)).toMatchObject([{ id: after + 1, text: `putaran ${round}` }]);
      delays.push(reply.at - sentAt);
    }
    // The median, because other load of the machine may delay a round.
    expect(delays.sort((a, b) => a - b)[2]).toBeLessThan(100);
  });

  test("returns an empty page at its deadline if no message in its range arrives", async () => {
    const at = await newest("inbox", ani);
    const lines = [
      `inbox after=${at + 1} wait=1`,
      "inbox after=1000 wait=1",
      "inboxgroup after=1000 wait=1 tim",
      "inboxgroup last=3 after=1000 wait=1 tim@jakarta",
    ].map(async (line) => {
      const start = performance.now();
      const reply = await server.command(line, { token: ani });
      const took = performance.now() - start;
      expect([line, reply.text]).toEqual([line, okBody([])]);
      expect(took).toBeGreaterThanOrEqual(990);
      expect(took).toBeLessThan(2500);
    });
    await server.command("sendprivate ani bukan ini", { token: budi });
    await Promise.all(lines);
  });

  test("is answered at once if no message can ever be in its range", async () => {
    const at = await newest("inbox", ani);
    const start = performance.now();
    for (const bounds of ["before=0", "before=1", `after=${at} before=${at + 1}`, `after=${at + 9} before=5`]) {
      const reply = await server.command(`inbox ${bounds} wait=20`, { token: ani });
      expect([bounds, reply.text]).toEqual([bounds, okBody([])]);
    }
    expect(performance.now() - start).toBeLessThan(5000);
  });

  test("is answered at once if a message is there already", async () => {
    const start = performance.now();
    const reply = await server.command("inbox last=1 wait=20", { token: ani });
    expect(messagesOf(reply)).toHaveLength(1);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  test("is not answered by messages outside its range or in other logs", async () => {
    const at = await newest("inbox", ani);
    const { answer } = await poll(`inbox after=${at + 1} wait=20`, ani);
    await server.command("sendprivate ani yang pertama", { token: budi });
    await server.command("sendgroup tim untuk semua", { token: budi });
    await server.command("sendprivate budi untuk lain", { token: budi });
    await server.command("sendprivate ani yang kedua", { token: budi });
    expect(messagesOf(await answer)).toMatchObject([{ id: at + 2, text: "yang kedua" }]);
  });

  test("applies limit, last and before to the message that arrives", async () => {
    const at = await newest("inbox", ani);
    const polls = await Promise.all(
      ["limit=1", "last=3", `before=${at + 2}`, `before=${at + 2} last=1`].map((options) =>
        poll(`inbox after=${at} ${options} wait=20`, ani),
      ),
    );
    await server.command("sendprivate ani satu saja", { token: budi });
    for (const { answer } of polls) expect(messagesOf(await answer)).toMatchObject([{ id: at + 1 }]);
  });

  test("of each reader of a group, in both realms, is answered by one message", async () => {
    const at = await newest("inboxgroup tim", ani);
    const readers = await server.seedAccounts(Array.from({ length: 8 }, (_, i) => `pembaca${i}`));
    const polls = readers.map((token) => server.command(`inboxgroup after=${at} wait=20 tim`, { token }));
    polls.push(server.command(`inboxgroup after=${at} wait=20 tim@surabaya`, { token: dewi, host: jakartaHost }));
    await server.command("sendgroup tim halo semua", { token: budi });
    for (const reply of await Promise.all(polls)) {
      expect(messagesOf(reply)).toMatchObject([{ id: at + 1, text: "halo semua" }]);
    }
  });
});

describe("the long polls of one account", () => {
  const most = 32;

  test("beyond 32 end the oldest with an empty page, and the others continue", async () => {
    const at = await newest("inbox", ani);
    const ended: number[] = [];
    const start = performance.now();
    const polls: Promise<Reply>[] = [];
    for (let n = 0; n < most + 8; n++) {
      const { answer } = await poll(`inbox after=${at} wait=20`, ani);
      polls.push(answer);
      void answer.then(() => ended.push(n));
    }
    await expect.poll(() => ended).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    for (const reply of await Promise.all(polls.slice(0, 8)))
      expect([reply.status, reply.text]).toEqual([200, okBody([])]);
    // Reads without a wait and other accounts are not affected.
    expect((await server.command(`inbox after=${at} wait=0`, { token: ani })).text).toBe(okBody([]));
    const another = await poll("inbox after=0 last=1 wait=20", dewi, jakartaHost);
    await server.command("sendprivate dewi@jakarta halo", { token: budi });
    expect(messagesOf(await another.answer)).toMatchObject([{ text: "halo" }]);
    expect(ended).toHaveLength(8);

    await server.command("sendprivate ani akhirnya", { token: budi });
    for (const reply of await Promise.all(polls.slice(8))) {
      expect(messagesOf(reply)).toMatchObject([{ id: at + 1, text: "akhirnya" }]);
    }
    expect(performance.now() - start).toBeLessThan(20_000);
    const next = await poll(`inbox after=${at + 1} wait=20`, ani);
    await server.command("sendprivate ani ada tempat", { token: budi });
    expect(messagesOf(await next.answer)).toMatchObject([{ id: at + 2, text: "ada tempat" }]);
  });
});
