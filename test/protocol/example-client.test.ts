import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text as readText } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exampleClient, runExampleClient } from "./example-client.ts";

/** One exchange of the fake server: the reply's body, or null to hang up. */
interface Answer {
  body: string | null;
  status?: number;
  headers?: Record<string, string>;
}

const terminator = "\r\n\r\n";
const ok = (data: unknown): Answer => ({ body: JSON.stringify({ status: "OK", data }) + terminator });
const seen: { line: string; token: string | undefined }[] = [];
let answers: Answer[] = [];

const server = createServer(async (request, response) => {
  const line = await readText(request);
  seen.push({ line, token: request.headers.authorization });
  const answer = answers.shift();
  // Without a prepared answer the client waits, as in a long poll.
  if (!answer) return;
  if (answer.body === null) return void request.socket.destroy();
  response.writeHead(answer.status ?? 200, answer.headers).end(answer.body);
});
let origin = "";
beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test("the README's client has at most 40 lines and is valid JavaScript", async () => {
  expect(exampleClient.trimEnd().split("\n").length).toBeLessThanOrEqual(40);
  expect(exampleClient).not.toBe("");
  expect(await runExampleClient([], ["--check"]).ended).toBe(0);
});

test("it logs in, repeats a send with the same key until there is a whole answer, and reads on behind its cursor", async () => {
  const message = (id: number, text: string) => ({ id, from: "ani@jakarta", text, time: "2026-11-23T14:26:02.115Z" });
  answers = [
    ok({ token: "rnh_budi_x", user: "budi@surabaya", expires: "2026-12-23T14:26:01.316Z" }),
    { body: '{"status":"OK","data":"Pesan terkirim ke ani@jak' },
    { body: null },
    {
      body: `{"status":"ERROR","data":"Server sedang tidak tersedia"}${terminator}`,
      status: 503,
      headers: { "Error-Code": "unavailable", "Retry-After": "1" },
    },
    ok("Pesan terkirim ke ani@jakarta"),
    ok([message(7, "satu"), message(8, "dua")]),
  ];
  seen.length = 0;
  const client = runExampleClient([origin, "budi", "rahasia-sekali", "ani@jakarta", "halo", "ani"]);
  await client.printed("ani@jakarta: dua");
  await expect.poll(() => seen.length).toBe(7);
  await client.stop();
  const [login, ...rest] = seen;
  expect(login).toEqual({ line: "auth budi rahasia-sekali\r\n", token: undefined });
  expect(new Set(rest.map(({ token }) => token))).toEqual(new Set(["Bearer rnh_budi_x"]));
  const sends = rest.slice(0, 4).map(({ line }) => line);
  expect(new Set(sends).size).toBe(1);
  expect(sends[0]).toMatch(/^sendprivate key=[0-9a-f-]{36} ani@jakarta halo ani\r\n$/);
  const reads = rest.slice(4).map(({ line }) => line);
  expect(reads).toEqual(["inbox after=0 limit=100 wait=20\r\n", "inbox after=8 limit=100 wait=20\r\n"]);
  expect(client.output()).toBe("Pesan terkirim ke ani@jakarta\nani@jakarta: satu\nani@jakarta: dua\n");
});

test("it ends at an error that a repetition cannot change", async () => {
  answers = [
    {
      body: `{"status":"ERROR","data":"Nama pengguna atau password salah"}${terminator}`,
      status: 401,
      headers: { "Error-Code": "wrong-credentials" },
    },
  ];
  const client = runExampleClient([origin, "budi", "salah"]);
  expect(await client.ended).not.toBe(0);
  expect(client.output()).toContain("wrong-credentials");
});
