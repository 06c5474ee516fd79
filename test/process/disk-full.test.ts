import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { command } from "../support/command.ts";
import { freePort } from "../support/free-port.ts";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "ranah-"));
let stop = () => {};
afterAll(() => {
  stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts a server no file of which can get longer than this: the system answers a write beyond it as a full disk does. */
async function startWithRoom(kib: number): Promise<{ url: string; pid: number; log: () => string }> {
  const port = await freePort();
  const serve = ["src/selfhost/serve.ts", "--data", folder, "--port", String(port)];
  const child = spawn("bash", ["-c", `ulimit -Sf ${kib}; exec "$0" "$@"`, process.execPath, ...serve], {
    cwd: root,
    env: { PATH: process.env.PATH, REALM: "surabaya" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  stop = () => void child.kill("SIGKILL");
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (log += text));
  await expect.poll(() => log, { timeout: 30_000 }).toContain("Serving ");
  return { url: `http://127.0.0.1:${port}`, pid: child.pid ?? 0, log: () => log };
}

test.runIf(process.platform === "linux")(
  "a full disk is answered 503, nothing is stored by half, reads go on, and the server recovers by itself",
  async () => {
    const { url, pid, log } = await startWithRoom(3_000);
    const session = async (name: string) => {
      await command(url, `register ${name} rahasia-${name}`);
      const login = await command(url, `auth ${name} rahasia-${name}`);
      return (login.json.data as { token: string }).token;
    };
    const [budi, ani] = [await session("budi"), await session("ani")];
    const acknowledged: string[] = [];
    const send = async (n: number) => {
      const text = `${n} ${"x".repeat(2000)}`;
      const reply = await command(url, `sendprivate key=k${n} ani ${text}`, { token: budi });
      if (reply.status === 200) acknowledged.push(text);
      return reply;
    };
    let n = 0;
    const refused: { status: number; code: unknown; retryAfter: unknown }[] = [];
    const fill = async () => {
      for (let inARow = 0; inARow < 20; ) {
        const replies = await Promise.all(Array.from({ length: 10 }, () => send(n++)));
        for (const { status, headers } of replies) {
          inARow = status === 200 ? 0 : inARow + 1;
          if (status !== 200) refused.push({ status, code: headers["error-code"], retryAfter: headers["retry-after"] });
        }
      }
    };
    // A bulk request says it for each line.
    let bulks = 0;
    const bulk = async () => {
      const text = `bulk ${bulks} ${"y".repeat(3000)}`;
      const body = `sendprivate key=b${bulks++} ani ${text}\nwhoami\n`;
      const reply = await fetch(`${url}/commands`, {
        method: "POST",
        body,
        headers: { authorization: `Bearer ${budi}` },
      });
      const lines = (await reply.text()).split("\r\n\r\n").filter(Boolean);
      const results = lines.map((line) => JSON.parse(line)).map(({ status, error }) => error ?? status);
      if (results[0] === "OK") acknowledged.push(text);
      return results;
    };
    // A checkpoint makes room once more: the write-ahead log starts again.
    const fillAndBulk = async () => {
      await fill();
      return bulk();
    };
    await expect.poll(fillAndBulk, { timeout: 60_000 }).toEqual(["unavailable", "OK"]);
    expect(acknowledged.length).toBeGreaterThan(50);
    for (const each of refused) expect(each).toEqual({ status: 503, code: "unavailable", retryAfter: "1" });
    const inbox = async () => {
      const reply = await command(url, "inbox", { token: ani });
      expect(reply.status).toBe(200);
      return (reply.json.data as { text: string }[]).map(({ text }) => text);
    };
    expect((await inbox()).toSorted()).toEqual(acknowledged.toSorted());
    expect(log()).toContain("storage-unavailable");

    // There is room again.
    execFileSync("prlimit", ["--pid", String(pid), "--fsize=unlimited"]);
    await expect.poll(async () => (await send(n++)).status).toBe(200);
    // What was refused can be sent again with its key, and what was acknowledged is not doubled.
    for (let again = 0; again < n; again++) {
      const reply = await command(url, `sendprivate key=k${again} ani ${again} ${"x".repeat(2000)}`, { token: budi });
      expect([again, reply.status]).toEqual([again, 200]);
    }
    const stored = await inbox();
    expect(new Set(stored).size).toBe(stored.length);
    expect(stored.filter((text) => !text.startsWith("bulk "))).toHaveLength(n);
  },
  120_000,
);
