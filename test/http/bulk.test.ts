import { beforeAll, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { sendRequest } from "../support/command.ts";
import { jakartaHost, useServer } from "../support/test-server.ts";

const server = useServer();
let budi: string;
let ani: string;
beforeAll(async () => {
  [budi = "", ani = ""] = await server.seedAccounts(["budi", "ani"]);
  await server.seedAccounts(["ani", "dewi"], "jakarta");
});

type Row = { status: string; data: unknown; error?: string; delivery?: { id: number; state: string } };

/** Sends lines as one body. @returns the replies, split at their terminators */
async function bulk(lines: string | string[], headers: Record<string, string> = {}, token = budi) {
  const body = typeof lines === "string" ? lines : lines.map((line) => `${line}\n`).join("");
  const reply = await sendRequest(new URL("/commands", server.url), "POST", body, {
    authorization: `Bearer ${token}`,
    ...headers,
  });
  const parts = reply.text.split("\r\n\r\n");
  expect(parts.pop()).toBe("");
  return { ...reply, rows: parts.map((part): Row => JSON.parse(part)) };
}

test("lines run in order, each gets its own reply and sees the effects of earlier lines", async () => {
  const { status, headers, rows } = await bulk([
    "creategroup baris",
    "sendgroup baris satu",
    "sendprivate key=a ani halo",
    "sendprivate siapa-ini halo",
    "bukan command",
    "",
    "inboxgroup baris",
    "SENDPRIVATE ani@jakarta jauh",
    "sent",
    "help inbox",
  ]);
  expect([status, headers["content-type"]]).toEqual([200, "application/x-ndjson; charset=utf-8"]);
  expect(rows).toMatchObject([
    { status: "OK", data: "Group baris dibuat" },
    { status: "OK", delivery: { id: 1, state: "delivered" } },
    { status: "OK", delivery: { id: 2, state: "delivered", thread: 1 } },
    { status: "ERROR", error: "no-such-user", delivery: { id: 3, state: "failed" } },
    { status: "ERROR", error: "unknown-command", data: "Maaf, command tidak benar" },
    { status: "ERROR", error: "unknown-command" },
    { status: "OK", data: [{ id: 1, text: "satu" }] },
    { status: "OK", delivery: { id: 4, state: "delivered" } },
    { status: "OK", data: [{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }] },
    { status: "OK", data: { command: "inbox" } },
  ]);
});

test("lines end in LF or CRLF, the last may have no line end, and spaces belong to the text", async () => {
  const { rows } = await bulk("sendprivate ani  dua \r\nsendprivate ani tiga\nsendprivate ani empat");
  expect(rows.map(({ status }) => status)).toEqual(["OK", "OK", "OK"]);
  const inbox = await server.command("inbox last=3", { token: ani });
  expect((inbox.json.data as { text: string }[]).map(({ text }) => text)).toEqual([" dua ", "tiga", "empat"]);
  expect((await bulk("")).rows).toEqual([]);
});

test("with Stop-On-Error the first failure is the last reply, and no later line runs", async () => {
  const lines = ["sendprivate key=s1 ani satu", "sendprivate ani", "sendprivate key=s2 ani dua"];
  expect((await bulk(lines)).rows).toHaveLength(3);
  const again = lines.map((line) => line.replace("key=s", "key=t"));
  const { rows } = await bulk(again, { "stop-on-error": "1" });
  expect(rows).toMatchObject([{ status: "OK" }, { status: "ERROR", error: "usage" }]);
  expect((await server.command("status t2", { token: budi })).status).toBe(404);
});

test("1,000 lines with keys, sent twice, store 1,000 messages in order in this realm and another", async () => {
  const [sender = ""] = await server.seedAccounts(["pengirim"]);
  const [, dewi = ""] = await Promise.all(
    [server.seedAccounts(["tetangga"]), server.seedAccounts(["jauh"], "jakarta")].map((each) =>
      each.then(([token]) => token),
    ),
  );
  const to = ["tetangga", "jauh@jakarta"];
  const lines = Array.from({ length: limits.bulkMaxLines }, (_, n) => `sendprivate key=k${n} ${to[n % 2]} pesan ${n}`);
  for (let time = 0; time < 2; time++) {
    const { rows } = await bulk(lines, {}, sender);
    expect(rows.map(({ delivery }) => delivery?.id)).toEqual(lines.map((_, n) => n + 1));
  }
  const inbox = await server.command("inbox", { token: dewi, host: jakartaHost });
  await expect
    .poll(
      async () => ((await server.command("inbox", { token: dewi, host: jakartaHost })).json.data as object[]).length,
      {
        timeout: 20_000,
      },
    )
    .toBe(500);
  const texts = (
    (await server.command("inbox", { token: dewi, host: jakartaHost })).json.data as { text: string }[]
  ).map(({ text }) => text);
  expect(inbox.status).toBe(200);
  expect(texts).toEqual(Array.from({ length: 500 }, (_, n) => `pesan ${2 * n + 1}`));
});

test("a request that is too large, has no session or has another method is rejected as a whole", async () => {
  const refused = async (body: string, headers = {}, token = budi) => {
    const { status, headers: given, rows } = await bulk(body, headers, token);
    expect(rows).toHaveLength(1);
    return [status, given["error-code"]];
  };
  expect(await refused("whoami\n".repeat(limits.bulkMaxLines + 1))).toEqual([413, "too-many-lines"]);
  expect(await refused("x".repeat(limits.bulkMaxBytes + 1))).toEqual([413, "bulk-too-large"]);
  expect(await refused("whoami\n", { authorization: "" })).toEqual([401, "token-missing"]);
  expect(await refused("whoami\nhelp\nx\n", {}, `rnh_budi_${"x".repeat(43)}`)).toEqual([401, "session-ended"]);
  const got = await sendRequest(new URL("/commands", server.url), "GET", "", {});
  expect([got.status, got.headers.allow]).toEqual([405, "POST, OPTIONS"]);
});

test("a line has the size limit of a command, and auth, passwd and operator commands are rejected", async () => {
  const long = `sendprivate ani ${"é".repeat(limits.bodyMaxBytes / 2)}`;
  const postOnly = ["auth budi rahasia-budi", "rotatekey", "passwd rahasia-budi rahasia-lain"];
  const { rows } = await bulk([long, ...postOnly, "whoami"]);
  expect(rows.map(({ status, error }) => error ?? status)).toEqual([
    "body-too-large",
    "post-command-only",
    "post-command-only",
    "post-command-only",
    "OK",
  ]);
});

test("a streamed page keeps its place between the other replies", async () => {
  const [reader = ""] = await server.seedAccounts(["pembaca"]);
  const log = "(select id from message_logs where kind = 'mailbox' and name = 'pembaca')";
  await server.sql(
    "pembaca",
    `with recursive n (i) as (select 1 union all select i + 1 from n where i < 3000)
     insert into messages (log_id, id, sender, text, sent_at, received_at)
     select ${log}, i, 'budi@surabaya', hex(zeroblob(500)), i, i from n`,
  );
  const { rows } = await bulk(["whoami", "inbox", "inbox last=1", "whoami"], {}, reader);
  expect(rows.map(({ data }) => (Array.isArray(data) ? data.length : "one"))).toEqual(["one", 3000, 1, "one"]);
});
