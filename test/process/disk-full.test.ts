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
    while (refused.length < 20 && n < 5_000) {
      const replies = await Promise.all(Array.from({ length: 10 }, () => send(n++)));
      for (const { status, headers } of replies) {
        if (status !== 200) refused.push({ status, code: headers["error-code"], retryAfter: headers["retry-after"] });
      }
    }
    expect(refused.length).toBeGreaterThanOrEqual(20);
    expect(acknowledged.length).toBeGreaterThan(50);
    for (const each of refused) expect(each).toEqual({ status: 503, code: "unavailable", retryAfter: "1" });
    // A bulk request says it for each line.
    const bulk = await fetch(`${url}/commands`, {
      method: "POST",
      body: `sendprivate ani ${"y".repeat(3000)}\nwhoami\n`,
      headers: { authorization: `Bearer ${budi}` },
    });
    const lines = (await bulk.text())
      .split("\r\n\r\n")
      .filter(Boolean)
      .map((text) => JSON.parse(text));
    expect(lines.map(({ status, error }) => error ?? status)).toEqual(["unavailable", "OK"]);
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
    expect(new Set(await inbox()).size).toBe(n);
    expect(await inbox()).toHaveLength(n);
  },
  120_000,
);
