import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import { freePort } from "../support/free-port.ts";
import { descendantsOf, isAlive } from "../support/processes.ts";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "ranah-"));
const waitOptions = { timeout: 60_000, interval: 50 };

/** A development script, its output, and every process of it that the test has seen. */
interface Script {
  child: ChildProcess;
  ended: Promise<unknown[]>;
  output: { out: string; err: string };
  seen: Set<number>;
}
const scripts: Script[] = [];

function start(file: "dev.ts" | "dev-two-deployments.ts", ...args: string[]): Script {
  const child = spawn(process.execPath, [join(root, "src/dev", file), ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, CI: "1" },
  });
  const script: Script = { child, ended: once(child, "exit"), output: { out: "", err: "" }, seen: new Set() };
  child.stdout.on("data", (text) => (script.output.out += text));
  child.stderr.on("data", (text) => (script.output.err += text));
  scripts.push(script);
  return script;
}

/** Resolves when the script has printed its last line, how to restart jakarta. Logs of wrangler may follow. */
async function ready(script: Script): Promise<void> {
  await vi.waitFor(() => expect(script.output.out).toMatch(/--only jakarta --ports .*\n/), waitOptions);
  for (const pid of descendantsOf(script.child.pid as number)) script.seen.add(pid);
}

const serves = async (port: number) => (await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => null))?.ok === true;
/** The id of the process that, by the script's output, ends this realm. */
const pidOf = (script: Script, realm: string) =>
  Number(new RegExp(`^${realm}:\n  kill (\\d+)$`, "m").exec(script.output.out)?.[1]);

afterEach(() => {
  for (const { child, seen } of scripts.splice(0)) {
    // Includes processes that a failed test has not seen: wrangler's processes outlive a killed parent.
    for (const pid of descendantsOf(child.pid as number)) seen.add(pid);
    if (child.exitCode === null) child.kill("SIGKILL");
    for (const pid of seen) if (isAlive(pid)) process.kill(pid, "SIGKILL");
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a port in use ends a script with one sentence and exit code 1", async () => {
  const holder = createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  const { port } = holder.address() as { port: number };
  const sentence = `Port ${port} is in use: stop the process that listens there, or choose another port.\n`;
  for (const script of [
    start("dev.ts", "--port", `${port}`),
    start("dev-two-deployments.ts", "--ports", `${await freePort()},${port}`),
  ]) {
    expect((await script.ended)[0]).toBe(1);
    expect(script.output).toEqual({ out: "", err: sentence });
  }
  holder.close();
});

test.for([
  [["--port"], "dev-two-deployments.ts", /^Usage: npm run dev:two -- .*\n$/],
  [["--ports", "8791"], "dev-two-deployments.ts", "A port is a whole number from 1 to 65535.\n"],
  [["--only", "bandung"], "dev-two-deployments.ts", "--only takes surabaya or jakarta.\n"],
  [["--port", "abc"], "dev.ts", "A port is a whole number from 1 to 65535.\n"],
] as const)("the arguments %j are rejected with one sentence", async ([args, file, sentence]) => {
  const script = start(file, ...args);
  expect((await script.ended)[0]).toBe(1);
  expect(script.output).toEqual({ out: "", err: expect.stringMatching(sentence) });
});

test("each realm restarts alone while the other serves, and SIGTERM leaves no process", async () => {
  const [first, second] = [await freePort(), await freePort()];
  const where = ["--ports", `${first},${second}`, "--persist-to", folder];
  const both = start("dev-two-deployments.ts", ...where);
  await ready(both);
  expect([await serves(first), await serves(second)]).toEqual([true, true]);

  const jakarta = pidOf(both, "jakarta");
  const itsProcesses = [jakarta, ...descendantsOf(jakarta)];
  process.kill(jakarta);
  await vi.waitFor(() => expect(itsProcesses.filter(isAlive)).toEqual([]), waitOptions);
  expect([await serves(first), await serves(second)]).toEqual([true, false]);

  const again = start("dev-two-deployments.ts", ...where, "--only", "jakarta");
  await ready(again);
  expect([await serves(first), await serves(second)]).toEqual([true, true]);

  for (const script of [both, again]) {
    script.child.kill("SIGTERM");
    expect((await script.ended)[0]).toBe(0);
    await vi.waitFor(() => expect([...script.seen].filter(isAlive)).toEqual([]), waitOptions);
    expect([await serves(first), await serves(second)]).toEqual([false, script === both]);
  }
});
