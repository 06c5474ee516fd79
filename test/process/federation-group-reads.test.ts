import { beforeAll, expect, onTestFinished, test } from "vitest";
import { sendRequest } from "../support/command.ts";
import { operatorToken, useDeploymentWithPeers } from "../support/deployments.ts";
import { FakePeer } from "../support/fake-peer.ts";
import { openLive } from "../support/live-socket.ts";

const path = "/federation/query";
const malang = new FakePeer("malang");
await malang.start();
const surabaya = useDeploymentWithPeers([malang]);
const { server } = surabaya;
let budi: string;

beforeAll(async () => {
  budi = await surabaya.signUp("budi");
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
/** Sets the answers to successive queries. The last one repeats. */
function answerWith(...answers: (string | number | object)[]): void {
  let n = 0;
  malang.handlers.set(path, (_, response) => {
    const answer = answers[Math.min(n++, answers.length - 1)];
    if (typeof answer === "number") response.writeHead(answer).end("{}");
    else response.end(typeof answer === "string" ? answer : JSON.stringify(answer));
  });
}
const read = (options = "") => server.command(`inboxgroup ${options}tim@malang`, { token: budi });

const faults: [what: string, answer: string | number | object, code: number, error: string, options?: string][] = [
  ["HTML", "<html>", 502, "realm-faulty"],
  ["JSON of another schema", { rows: [] }, 502, "realm-faulty"],
  ["descending ids", { ok: true, rows: [row(2), row(1)], rest: null }, 502, "realm-faulty"],
  ["repeated ids", { ok: true, rows: [row(1), row(1)], rest: null }, 502, "realm-faulty"],
  ["an id of 0", { ok: true, rows: [row(0)], rest: null }, 502, "realm-faulty"],
  ["a fractional id", { ok: true, rows: [row(1.5)], rest: null }, 502, "realm-faulty"],
  ["an id outside the requested range", { ok: true, rows: [row(5)], rest: null }, 502, "realm-faulty", "after=5 "],
  ["a rest before its rows", { ok: true, rows: [row(7)], rest: rest(3, 9) }, 502, "realm-faulty"],
  ["an empty rest", { ok: true, rows: [row(7)], rest: rest(7, 7) }, 502, "realm-faulty"],
  ["a rest without rows", { ok: true, rows: [], rest: rest(0, 9) }, 502, "realm-faulty"],
  ["an invalid time", { ok: true, rows: [row(1, { time: "kemarin" })], rest: null }, 502, "realm-faulty"],
  ["a sender without a realm", { ok: true, rows: [row(1, { from: "rina" })], rest: null }, 502, "realm-faulty"],
  ["more rows than requested", { ok: true, rows: [row(1), row(2)], rest: null }, 502, "realm-faulty", "limit=1 "],
  ["an unknown error", { ok: false, error: "bosan" }, 502, "realm-faulty"],
  ["no such group", { ok: false, error: "no-such-group" }, 404, "no-such-group"],
  ["403", 403, 403, "realm-refuses"],
  ["401", 401, 503, "realm-away"],
  ["429", 429, 503, "realm-away"],
  ["500", 500, 503, "realm-away"],
  ["5 MB", " ".repeat(5_000_000), 503, "realm-away"],
];
test.for(faults)(
  "a read that the group's realm answers with %s returns the matching error",
  async ([, answer, code, error, options]) => {
    answerWith(answer);
    const reply = await read(options);
    expect([reply.status, reply.headers["error-code"]]).toEqual([code, error]);
    expect(reply.headers["retry-after"]).toBe(code === 503 ? "5" : undefined);
    expect(reply.text).not.toContain("rahasia");
  },
);

test("rows of a peer are encoded again, so they cannot end the reply early or add fields to it", async () => {
  const text = 'a"}]}\r\n\r\n{"status":"OK","data":[\u0000\u2028😀';
  const strange = { ...row(1, { text, time: "2026-11-23T17:00:00+07:00" }), extra: "x", __proto__: null };
  answerWith({ ok: true, rows: [strange], rest: null, more: 1 });
  expect((await read()).json.data).toEqual([row(1, { text })]);
});

test("a page of many chunks is queried chunk by chunk, each from the end of the previous one", async () => {
  answerWith(
    { ok: true, rows: [row(1), row(2)], rest: rest(2, 6) },
    { ok: true, rows: [row(3), row(5)], rest: rest(5, 6) },
    { ok: true, rows: [row(6)], rest: null },
  );
  const before = malang.requests.length;
  expect((await read()).json.data).toEqual([1, 2, 3, 5, 6].map((id) => row(id)));
  const queries = malang.requests.slice(before).map(({ body }) => JSON.parse(body));
  expect(queries.map(({ page }) => page)).toEqual([{}, { after: 2, before: 7 }, { after: 5, before: 7 }]);
  for (const { by, group } of queries) expect([by, group]).toEqual(["budi@surabaya", "tim@malang"]);
});

test("a reply has no terminator if the peer fails in the middle of the page", async () => {
  answerWith({ ok: true, rows: [row(1)], rest: rest(1, 9) }, 500);
  const cut = sendRequest(new URL("/command", server.url), "POST", "inboxgroup tim@malang", {
    authorization: `Bearer ${budi}`,
  });
  // Either the connection breaks, or the body stops before the terminator.
  const text = await cut.then(
    (reply) => reply.text,
    () => "",
  );
  expect(text.endsWith("\r\n\r\n")).toBe(false);
});

test("a page that fails in the middle fails only its own reply on a live socket, and the session can still be ended", async () => {
  answerWith({ ok: true, rows: [row(1)], rest: rest(1, 9) }, 500);
  const token = await surabaya.signUp("wati");
  const live = await openLive(server.url, token);
  expect(await live.command("inboxgroup tim@malang")).toMatchObject({ status: "ERROR", error: "internal" });
  expect(await live.command("whoami")).toMatchObject({ status: "OK" });
  await server.command("logout", { token });
  await expect.poll(() => live.closeCode()).toBe(4401);
});

/** Sets an answer of two messages and a rest to each query. Only the answer with the number `times` has no rest. */
function answerEndlessly(times: number, text = "rahasia"): void {
  let answered = 0;
  malang.handlers.set(path, (request, response) => {
    const after: number = JSON.parse(request.body).page.after ?? 0;
    const more = ++answered < times ? rest(after + 2, Number.MAX_SAFE_INTEGER) : null;
    response.end(JSON.stringify({ ok: true, rows: [row(after + 1, { text }), row(after + 2)], rest: more }));
  });
}

test("a reader gets no more rows than requested from a peer with an endless group", async () => {
  for (const [options, most] of [
    ["limit=3 ", 3],
    ["last=3 ", 3],
    ["before=4 ", 3],
    ["after=2 before=5 limit=9 ", 2],
  ] as const) {
    answerEndlessly(50);
    const before = malang.requests.length;
    const reply = await read(options);
    // Surplus rows are cut off or make the reply fail with realm-faulty.
    if (reply.status === 200) expect((reply.json.data as Row[]).length).toBeLessThanOrEqual(most);
    else expect(reply.headers["error-code"]).toBe("realm-faulty");
    expect(malang.requests.length - before).toBeLessThanOrEqual(most);
  }
});

test("a client that aborts an endless page stops the queries to the peer", async () => {
  answerEndlessly(Number.MAX_SAFE_INTEGER, "rahasia".repeat(2_000));
  onTestFinished(() => void malang.handlers.delete(path));
  const leaving = new AbortController();
  const answer = await fetch(new URL("/command", server.url), {
    method: "POST",
    body: "inboxgroup tim@malang",
    headers: { authorization: `Bearer ${budi}` },
    signal: leaving.signal,
  });
  await answer.body?.getReader().read();
  leaving.abort();
  // The queries have stopped when none comes within half a second.
  let before = -1;
  await expect
    .poll(
      () => {
        const more = malang.requests.length - before;
        before = malang.requests.length;
        return more;
      },
      { interval: 500, timeout: 20_000 },
    )
    .toBe(0);
});

test("peertest names the step that fails and stops there", async () => {
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
    ["policy", echo, 403, "", "refused"],
    ["echo", echo, 500, "", expect.stringContaining("500")],
    ["echo", echo, 200, '{"text":"lain","realm":"malang","time":"2026-11-23T10:00:00Z"}', expect.any(String)],
  ] as const) {
    malang.handlers.set(at, (_, response) => response.writeHead(code).end(answer));
    const reply = await server.command("peertest malang", { token: operatorToken });
    const found = reply.json.data as { step: string; ok: boolean; detail: string }[];
    expect(found.map((each) => each.step)).toEqual(steps.slice(0, steps.indexOf(step) + 1));
    expect(found.slice(0, -1).every(({ ok }) => ok)).toBe(true);
    expect(found.at(-1)).toMatchObject({ ok: false, detail });
    malang.handlers.delete(at);
  }
});

test("the log contains no text of a message and no token", () => {
  for (const secret of ["rahasia ", "rnh_", budi]) expect(server.log).not.toContain(secret);
});
