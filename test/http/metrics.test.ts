import { expect, test } from "vitest";
import { sendRequest } from "../support/command.ts";
import { hibernates, shardCount, useServer } from "../support/test-server.ts";

const operator = "operator-rahasia-0123456789";
const server = useServer({ OPERATOR_TOKEN: operator, REQUEST_LOG: "yes" });

const get = (token?: string) =>
  sendRequest(new URL("/metrics", server.url), "GET", "", token ? { authorization: `Bearer ${token}` } : {});

/** The samples by name and labels, after a check of the form of OpenMetrics. */
async function samples(): Promise<Map<string, number>> {
  const { status, headers, text } = await get(operator);
  expect([status, headers["content-type"]]).toEqual([200, expect.stringContaining("application/openmetrics-text")]);
  expect(text.endsWith("\n# EOF\n")).toBe(true);
  const found = new Map<string, number>();
  const families = new Map<string, string>();
  for (const line of text.split("\n").slice(0, -2)) {
    const type = /^# TYPE (\w+) (counter|gauge|histogram)$/.exec(line);
    if (type?.[1] && type[2]) families.set(type[1], type[2]);
    if (line.startsWith("#")) continue;
    const [, name = "", value = ""] = /^(\w+(?:\{(?:\w+="[^"\n]*",?)+\})?) ([-\d.e]+)$/.exec(line) ?? [line];
    expect([line, Number.isFinite(Number(value)) && value !== ""]).toEqual([line, true]);
    const family = [...families.keys()].find((each) => name.startsWith(each));
    expect([line, family]).not.toContain(undefined);
    expect([line, found.has(name)]).toEqual([line, false]);
    found.set(name, Number(value));
  }
  return found;
}

test("only the operator's token reads the numbers", async () => {
  const [token = ""] = await server.seedAccounts(["budi"]);
  expect([(await get()).status, (await get(token)).status, (await get(`${operator}x`)).status]).toEqual([
    401, 403, 401,
  ]);
});

test("requests are counted by command and code, with the time they took", async () => {
  const [token = ""] = await server.seedAccounts(["ani"]);
  const before = await samples();
  for (let n = 0; n < 5; n++) await server.command("whoami", { token });
  await server.command("sendprivate tidak-ada hai", { token });
  await server.command("bukan command", { token });
  const after = await samples();
  const grown = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
  expect(grown('ranah_requests_total{command="whoami",code="ok"}')).toBe(5);
  expect(grown('ranah_requests_total{command="sendprivate",code="no-such-user"}')).toBe(1);
  expect(grown('ranah_requests_total{command="none",code="unknown-command"}')).toBe(1);
  expect(grown("ranah_request_seconds_count")).toBe(7);
  const buckets = [...after]
    .filter(([name]) => name.startsWith("ranah_request_seconds_bucket"))
    .map(([, value]) => value);
  expect(buckets).toEqual(buckets.toSorted((a, b) => a - b));
  expect(buckets.at(-1)).toBe(after.get("ranah_request_seconds_count"));
});

test("each shard shows its size, its queues and its commits", async () => {
  const names = Array.from({ length: 8 }, (_, n) => `anggota${n}`);
  await server.seedAccounts(names);
  const found = await samples();
  const sum = (family: string) =>
    Array.from({ length: shardCount }, (_, shard) => found.get(`${family}{shard="${shard}"}`) ?? Number.NaN).reduce(
      (total, value) => total + value,
      0,
    );
  expect(sum("ranah_accounts")).toBeGreaterThanOrEqual(8);
  for (const family of [
    "ranah_sockets",
    "ranah_queued_messages",
    "ranah_oldest_queued_seconds",
    "ranah_stored_bytes",
  ]) {
    expect([family, sum(family)]).toEqual([family, 0]);
  }
  expect(sum("ranah_writes_total")).toBeGreaterThanOrEqual(sum("ranah_commits_total"));
});

test("requests of other realms that are not verified are counted by reason", async () => {
  await sendRequest(new URL("/federation/echo", server.url), "POST", "{}", {});
  expect(
    [...(await samples()).keys()].filter((name) => name.startsWith("ranah_rejected_signatures_total")),
  ).not.toEqual([]);
});

test.skipIf(hibernates)("a request is one log line without names, texts, tokens and addresses", async () => {
  const [token = ""] = await server.seedAccounts(["rahasiawati"]);
  const before = server.logs().length;
  await server.command("sendprivate rahasiawati teks-yang-rahasia", { token });
  await expect.poll(() => server.logs().slice(before)).toContain("sendprivate");
  const logged = server.logs().slice(before);
  expect(logged).toMatch(/event: 'request',\s+command: 'sendprivate',\s+code: 'ok',\s+status: 200,\s+ms: [\d.]+/);
  for (const secret of ["rahasiawati", "teks-yang-rahasia", token, "127.0.0.1"]) expect(logged).not.toContain(secret);
});
