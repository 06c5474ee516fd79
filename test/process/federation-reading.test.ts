import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { exchange } from "../support/command.ts";
import { Deployment, operatorToken } from "../support/deployments.ts";
import { FakePeer } from "../support/fake-peer.ts";
import { openLive } from "../support/live.ts";

const path = "/federation/query";
const malang = new FakePeer("malang");
const surabaya = new Deployment("surabaya", { PEERS: JSON.stringify({ malang: await malang.start() }) });
const { server } = surabaya;
let budi: string;

beforeAll(async () => {
  await server.start();
  budi = await surabaya.person("budi");
});
afterAll(() => {
  malang.stop();
  return server.dispose();
});

interface Row {
  id: number;
  from: string;
  text: string;
  time: string;
}
const row = (id: number, change: Partial<Row> = {}): Row => ({
  id,
  from: "rina@malang",
  text: `rahasia ${id}`,
  time: "2026-11-23T10:00:00.000Z",
  ...change,
});
const rest = (after: number, until: number) => ({ after, until, rows: 9_007_199_254_740_991 });
/** Answers one query after another; the last answer stays. */
function answering(...answers: (string | number | object)[]): void {
  let n = 0;
  malang.answers.set(path, (_, response) => {
    const answer = answers[Math.min(n++, answers.length - 1)];
    if (typeof answer === "number") response.writeHead(answer).end("{}");
    else response.end(typeof answer === "string" ? answer : JSON.stringify(answer));
  });
}
const read = (options = "") => server.command(`inboxgroup ${options}tim@malang`, { token: budi });

const faults: [what: string, answer: string | number | object, code: number, error: string, options?: string][] = [
  ["no JSON", "<html>", 502, "realm-faulty"],
  ["JSON of another form", { rows: [] }, 502, "realm-faulty"],
  ["ids that fall", { ok: true, rows: [row(2), row(1)], rest: null }, 502, "realm-faulty"],
  ["ids that stand still", { ok: true, rows: [row(1), row(1)], rest: null }, 502, "realm-faulty"],
  ["an id of 0", { ok: true, rows: [row(0)], rest: null }, 502, "realm-faulty"],
  ["an id that is a fraction", { ok: true, rows: [row(1.5)], rest: null }, 502, "realm-faulty"],
  ["an id that was not asked for", { ok: true, rows: [row(5)], rest: null }, 502, "realm-faulty", "after=5 "],
  ["a rest that lies behind", { ok: true, rows: [row(7)], rest: rest(3, 9) }, 502, "realm-faulty"],
  ["a rest that is none", { ok: true, rows: [row(7)], rest: rest(7, 7) }, 502, "realm-faulty"],
  ["a rest without rows", { ok: true, rows: [], rest: rest(0, 9) }, 502, "realm-faulty"],
  ["a time that is none", { ok: true, rows: [row(1, { time: "kemarin" })], rest: null }, 502, "realm-faulty"],
  ["a sender without a realm", { ok: true, rows: [row(1, { from: "rina" })], rest: null }, 502, "realm-faulty"],
  ["more than was asked for", { ok: true, rows: [row(1), row(2)], rest: null }, 502, "realm-faulty", "limit=1 "],
  ["an error that nobody knows", { ok: false, error: "bosan" }, 502, "realm-faulty"],
  ["no such group", { ok: false, error: "no-such-group" }, 404, "no-such-group"],
  ["403", 403, 403, "realm-refuses"],
  ["401", 401, 503, "realm-away"],
  ["429", 429, 503, "realm-away"],
  ["500", 500, 503, "realm-away"],
  ["5 MB", " ".repeat(5_000_000), 503, "realm-away"],
];
test.for(faults)("A reader whose group's realm answers %s is told so.", async ([, answer, code, error, options]) => {
  answering(answer);
  const reply = await read(options);
  expect([reply.status, reply.headers["error-code"]]).toEqual([code, error]);
  expect(reply.headers["retry-after"]).toBe(code === 503 ? "5" : undefined);
  expect(reply.text).not.toContain("rahasia");
});

test("What a peer sends is written anew: nothing in it breaks the reply's frame or adds to it.", async () => {
  const text = 'a"}]}\r\n\r\n{"status":"OK","data":[\u0000\u2028😀';
  const strange = { ...row(1, { text, time: "2026-11-23T17:00:00+07:00" }), extra: "x", __proto__: null };
  answering({ ok: true, rows: [strange], rest: null, more: 1 });
  expect((await read()).json.data).toEqual([row(1, { text })]);
});

test("A page of many chunks is asked for chunk by chunk, and each asks on where the one before ended.", async () => {
  answering(
    { ok: true, rows: [row(1), row(2)], rest: rest(2, 6) },
    { ok: true, rows: [row(3), row(5)], rest: rest(5, 6) },
    { ok: true, rows: [row(6)], rest: null },
  );
  const before = malang.heard.length;
  expect((await read()).json.data).toEqual([1, 2, 3, 5, 6].map((id) => row(id)));
  const asked = malang.heard.slice(before).map(({ body }) => JSON.parse(body));
  expect(asked.map(({ page }) => page)).toEqual([{}, { after: 2, before: 7 }, { after: 5, before: 7 }]);
  for (const { by, group } of asked) expect([by, group]).toEqual(["budi@surabaya", "tim@malang"]);
});

test("A peer that breaks in the middle of a page leaves a reply without its end.", async () => {
  answering({ ok: true, rows: [row(1)], rest: rest(1, 9) }, 500);
  const cut = exchange(new URL("/command", server.url), "POST", "inboxgroup tim@malang", {
    authorization: `Bearer ${budi}`,
  });
  // Either the connection breaks, or the body stops before the terminator.
  const text = await cut.then(
    (reply) => reply.text,
    () => "",
  );
  expect(text.endsWith("\r\n\r\n")).toBe(false);
});

test("A page that breaks in the middle costs a live socket that reply alone, and its session can still be ended.", async () => {
  answering({ ok: true, rows: [row(1)], rest: rest(1, 9) }, 500);
  const token = await surabaya.person("wati");
  const live = await openLive(server.url, token);
  expect(await live.ask("inboxgroup tim@malang")).toMatchObject({ status: "ERROR", error: "internal" });
  expect(await live.ask("whoami")).toMatchObject({ status: "OK" });
  await server.command("logout", { token });
  await expect.poll(() => live.closedWith()).toBe(4401);
});

/** A peer whose group hardly ends: each chunk has two more messages and promises more, until it has said so `times` times. */
function hardlyEnding(times: number, text = "rahasia"): void {
  let said = 0;
  malang.answers.set(path, (heard, response) => {
    const after: number = JSON.parse(heard.body).page.after ?? 0;
    const more = ++said < times ? rest(after + 2, Number.MAX_SAFE_INTEGER) : null;
    response.end(JSON.stringify({ ok: true, rows: [row(after + 1, { text }), row(after + 2)], rest: more }));
  });
}

test("A peer whose group hardly ends gives a reader no more than the reader asked for.", async () => {
  for (const [options, most] of [
    ["limit=3 ", 3],
    ["last=3 ", 3],
    ["before=4 ", 3],
    ["after=2 before=5 limit=9 ", 2],
  ] as const) {
    hardlyEnding(50);
    const before = malang.heard.length;
    const reply = await read(options);
    // A peer that gives more than was asked for is faulty, or what is too much is left out.
    if (reply.status === 200) expect((reply.json.data as Row[]).length).toBeLessThanOrEqual(most);
    else expect(reply.headers["error-code"]).toBe("realm-faulty");
    expect(malang.heard.length - before).toBeLessThanOrEqual(most);
  }
});

test("A reader who leaves an endless page stops the asking.", async () => {
  hardlyEnding(Number.MAX_SAFE_INTEGER, "rahasia".repeat(2_000));
  onTestFinished(() => void malang.answers.delete(path));
  const leaving = new AbortController();
  const answer = await fetch(new URL("/command", server.url), {
    method: "POST",
    body: "inboxgroup tim@malang",
    headers: { authorization: `Bearer ${budi}` },
    signal: leaving.signal,
  });
  await answer.body?.getReader().read();
  leaving.abort();
  // The asking has stopped when half a second brings no further question.
  let before = -1;
  await expect
    .poll(
      () => {
        const more = malang.heard.length - before;
        before = malang.heard.length;
        return more;
      },
      { interval: 500, timeout: 20_000 },
    )
    .toBe(0);
});

test("A test of a peer names the step that does not hold, and goes no further.", async () => {
  const wellKnown = "/.well-known/ranah";
  const echo = "/federation/echo";
  const text = (change: object) => JSON.stringify({ ...malang.wellKnown(), ...change });
  const shifted = (ms: number) => text({ time: new Date(Date.now() + ms).toISOString() });
  const steps = ["name", "well-known", "key", "clock", "signature", "policy", "echo"];
  for (const [step, at, code, answer, detail] of [
    ["well-known", wellKnown, 404, "", "status-404"],
    ["well-known", wellKnown, 200, text({ realm: "bandung" }), "realm-name-mismatch"],
    ["key", wellKnown, 200, text({ keys: [] }), "0 published"],
    ["clock", wellKnown, 200, shifted(400_000), expect.stringMatching(/^(399|400|401) s apart$/)],
    ["clock", wellKnown, 200, shifted(-400_000), expect.stringMatching(/^-(399|400|401) s apart$/)],
    ["signature", echo, 401, "", "refused"],
    ["policy", echo, 403, "", "this realm is not wanted"],
    ["echo", echo, 500, "", expect.stringContaining("500")],
    ["echo", echo, 200, '{"text":"lain","realm":"malang","time":"2026-11-23T10:00:00Z"}', expect.any(String)],
  ] as const) {
    malang.answers.set(at, (_, response) => response.writeHead(code).end(answer));
    const reply = await server.command("peertest malang", { token: operatorToken });
    const found = reply.json.data as { step: string; ok: boolean; detail: string }[];
    expect(found.map((each) => each.step)).toEqual(steps.slice(0, steps.indexOf(step) + 1));
    expect(found.slice(0, -1).every(({ ok }) => ok)).toBe(true);
    expect(found.at(-1)).toMatchObject({ ok: false, detail });
    malang.answers.delete(at);
  }
});

test("The log has no word of any message, and no token.", () => {
  for (const secret of ["rahasia ", "rnh_", budi]) expect(server.log).not.toContain(secret);
});
