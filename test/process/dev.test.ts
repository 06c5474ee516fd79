import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import { descendantsOf, freePort, isAlive } from "../support/process.ts";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "ranah-"));
const patience = { timeout: 60_000, interval: 50 };

/** A development script, what it has written, and every process that it was seen to have. */
interface Script {
  child: ChildProcess;
  ended: Promise<unknown[]>;
  said: { out: string; err: string };
  seen: Set<number>;
}
const scripts: Script[] = [];

function start(file: "one.ts" | "two.ts", ...args: string[]): Script {
  const child = spawn(process.execPath, [join(root, "src/dev", file), ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, CI: "1" },
  });
  const script: Script = { child, ended: once(child, "exit"), said: { out: "", err: "" }, seen: new Set() };
  child.stdout.on("data", (text) => (script.said.out += text));
  child.stderr.on("data", (text) => (script.said.err += text));
  scripts.push(script);
  return script;
}

/** Resolves when it has printed its last line: how jakarta is started again. What wrangler logs may come after it. */
async function ready(script: Script): Promise<void> {
  await vi.waitFor(() => expect(script.said.out).toMatch(/--only jakarta --ports .*\n/), patience);
  for (const pid of descendantsOf(script.child.pid as number)) script.seen.add(pid);
}

const serves = async (port: number) => (await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => null))?.ok === true;
/** The process that the script says to kill, to end this side. */
const pidOf = (script: Script, realm: string) =>
  Number(new RegExp(`^kill (\\d+) +# ends ${realm}$`, "m").exec(script.said.out)?.[1]);

afterEach(() => {
  for (const { child, seen } of scripts.splice(0)) {
    // Also what a failed test has not seen yet: wrangler's processes outlive a parent that is killed.
    for (const pid of descendantsOf(child.pid as number)) seen.add(pid);
    if (child.exitCode === null) child.kill("SIGKILL");
    for (const pid of seen) if (isAlive(pid)) process.kill(pid, "SIGKILL");
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("A port that is taken ends a script with one sentence and exit code 1.", async () => {
  const holder = createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  const { port } = holder.address() as { port: number };
  const sentence = `Port ${port} is taken: end what listens there, or choose another port.\n`;
  for (const script of [
    start("one.ts", "--port", `${port}`),
    start("two.ts", "--ports", `${await freePort()},${port}`),
  ]) {
    expect((await script.ended)[0]).toBe(1);
    expect(script.said).toEqual({ out: "", err: sentence });
  }
  holder.close();
});

test.for([
  [["--port"], "two.ts", /^Usage: npm run dev:two -- .*\n$/],
  [["--ports", "8791"], "two.ts", "A port is a whole number from 1 to 65535.\n"],
  [["--only", "bandung"], "two.ts", "--only takes surabaya or jakarta.\n"],
  [["--port", "abc"], "one.ts", "A port is a whole number from 1 to 65535.\n"],
] as const)("What cannot be meant, such as %j, is refused with one sentence.", async ([args, file, sentence]) => {
  const script = start(file, ...args);
  expect((await script.ended)[0]).toBe(1);
  expect(script.said).toEqual({ out: "", err: expect.stringMatching(sentence) });
});

test("Each side lives alone: one is stopped and started again while the other serves, and SIGTERM leaves nothing.", async () => {
  const [first, second] = [await freePort(), await freePort()];
  const where = ["--ports", `${first},${second}`, "--persist-to", folder];
  const both = start("two.ts", ...where);
  await ready(both);
  expect([await serves(first), await serves(second)]).toEqual([true, true]);

  const jakarta = pidOf(both, "jakarta");
  const itsProcesses = [jakarta, ...descendantsOf(jakarta)];
  process.kill(jakarta);
  await vi.waitFor(() => expect(itsProcesses.filter(isAlive)).toEqual([]), patience);
  expect([await serves(first), await serves(second)]).toEqual([true, false]);

  const again = start("two.ts", ...where, "--only", "jakarta");
  await ready(again);
  expect([await serves(first), await serves(second)]).toEqual([true, true]);

  for (const script of [both, again]) {
    script.child.kill("SIGTERM");
    expect((await script.ended)[0]).toBe(0);
    await vi.waitFor(() => expect([...script.seen].filter(isAlive)).toEqual([]), patience);
    expect([await serves(first), await serves(second)]).toEqual([false, script === both]);
  }
});
