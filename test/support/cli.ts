import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, onTestFinished } from "vitest";
import type { NewAccount } from "./new-account.ts";
import { jakartaHost, surabayaHost, type TestServer } from "./test-server.ts";

/** The bundle that users get. */
export const ranah = join(import.meta.dirname, "../../src/cli/dist/ranah.js");

export interface CliResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  env?: Record<string, string>;
  /** Standard input; without it the input is empty. */
  input?: string | Uint8Array;
}

/** A user of the terminal client, with a home folder of their own. */
export class CliUser {
  readonly home = mkdtempSync(join(tmpdir(), "ranah-cli-"));
  env: Record<string, string>;

  constructor(env: Record<string, string> = {}) {
    this.env = { PATH: process.env.PATH ?? "", HOME: this.home, LANG: "en_US.UTF-8", ...env };
    afterAll(() => rmSync(this.home, { recursive: true, force: true }));
  }

  /** Runs a command to its end. */
  async run(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
    return this.start(args, options).ended;
  }

  /** Starts a command. It is killed at the end of the test. */
  start(args: readonly string[], { env = {}, input }: CliOptions = {}): RunningCli {
    const child = spawn(process.execPath, [ranah, ...args], { env: { ...this.env, ...env } });
    child.stdin.on("error", () => {});
    if (input !== undefined || !args.includes("chat")) child.stdin.end(input ?? "");
    return new RunningCli(child);
  }
}

export class RunningCli {
  readonly child: ChildProcess;
  readonly ended: Promise<CliResult>;
  /** Resolves when the process itself has ended. What it has started may go on, and keeps `ended` waiting. */
  readonly exited: Promise<unknown>;
  stdout = "";
  stderr = "";

  constructor(child: ChildProcess) {
    this.child = child;
    child.stdout?.on("data", (text) => (this.stdout += text));
    child.stderr?.on("data", (text) => (this.stderr += text));
    this.exited = once(child, "exit");
    this.ended = new Promise((resolve) =>
      child.on("close", (code) => resolve({ code, stdout: this.stdout, stderr: this.stderr })),
    );
    onTestFinished(() => void child.kill("SIGKILL"));
  }
}

/** The environment of a script that is an account of a test server, without a login. */
export function accountEnv(server: TestServer, account: Pick<NewAccount, "token" | "address">): Record<string, string> {
  const host = account.address.endsWith("@jakarta") ? jakartaHost : surabayaHost;
  return { RANAH_URL: `http://${host}:${server.url.port}`, RANAH_TOKEN: account.token };
}

/** The JSON objects of an output, one a line. */
export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}
