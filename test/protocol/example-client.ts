import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clientPage } from "./page.ts";

/** The program of the README's first section, as a reader would copy it. */
export const exampleClient = /```js\n([\s\S]*?)```/.exec(clientPage.section("## A client in 40 lines"))?.[1] ?? "";

export interface RunningClient {
  /** What it has printed so far, both streams together. */
  output(): string;
  /** Its exit code; null if it was stopped. */
  ended: Promise<number | null>;
  /** Waits until it has printed a text. */
  printed(text: string): Promise<void>;
  stop(): Promise<void>;
}

/** Runs the program with Node.js from a folder of its own. */
export function runExampleClient(args: string[], nodeOptions: string[] = []): RunningClient {
  const folder = mkdtempSync(join(tmpdir(), "ranah-client-"));
  const file = join(folder, "client.mjs");
  writeFileSync(file, exampleClient);
  const child: ChildProcess = spawn(process.execPath, [...nodeOptions, file, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const ended = new Promise<number | null>((resolve) => {
    child.once("close", (code) => {
      rmSync(folder, { recursive: true, force: true });
      resolve(code);
    });
  });
  return {
    output: () => output,
    ended,
    async printed(text) {
      let isOver = false;
      void ended.then(() => {
        isOver = true;
      });
      while (!output.includes(text)) {
        if (isOver) throw new Error(`the client ended without ${text}: ${output}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async stop() {
      child.kill();
      await ended;
    },
  };
}
