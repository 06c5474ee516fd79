import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { limits } from "../../limits.ts";
import { CliError } from "../cli-error.ts";
import { exitCodes } from "../exit-codes.ts";
import type { MessageRow } from "../output/message-row.ts";
import type { CursorFile } from "./cursor-file.ts";
import type { CursorLock } from "./cursor-lock.ts";

export interface RunOptions {
  command: string;
  message: MessageRow;
  group: string | null;
  /** The context of this program, so that `ranah` inside the command is the same account. */
  context: string | null;
  env: NodeJS.ProcessEnv;
  lock: CursorLock;
  timeoutMs: number;
  /** Ends the command at once. */
  kill: AbortSignal;
}

export interface RunResult {
  /** 0 only if the command has exited with 0. */
  code: number;
  output: Buffer;
}

/**
 * The command runs in a shell inside this shell, which holds the lock (file 3) until the command is done and the cursor is moved.
 * So a `kill -9` of this program neither loses nor repeats the message: the shells go on, and a restart waits for them.
 */
const script =
  '/bin/sh -c "$1" 3>&-; code=$?; if [ "$code" -eq 0 ] && [ -n "$2" ]; then mv -f -- "$2" "$3" || exit 74; fi; exit "$code"';

/** Runs a command with the text of a message on its standard input. With `cursor`, success moves the cursor to the message. */
export async function runCommand(
  options: RunOptions,
  cursor: CursorFile | null,
  captures: boolean,
): Promise<RunResult> {
  const { message, lock, timeoutMs, kill } = options;
  const paths = cursor === null ? ["", ""] : [cursor.prepare(message.id), cursor.path];
  const child = spawn("/bin/sh", ["-c", script, "ranah", options.command, ...paths], {
    // A group of its own: it can be ended as a whole, and Ctrl-C lets it finish.
    detached: true,
    stdio: ["pipe", captures ? "pipe" : "inherit", "inherit", lock.handle] as StdioOptions,
    env: environmentOf(options),
  });
  const killGroup = () => signalGroup(child);
  const timer = setTimeout(killGroup, timeoutMs);
  kill.addEventListener("abort", killGroup);
  try {
    // A command may end without reading its input.
    child.stdin?.on("error", () => {});
    child.stdin?.end(message.text);
    const parts: Buffer[] = [];
    let size = 0;
    child.stdout?.on("data", (part: Buffer) => {
      size += part.length;
      if (size <= limits.bodyMaxBytes) parts.push(part);
      else killGroup();
    });
    const code = await new Promise<number>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (status, signal) => resolve(status ?? (signal === null ? 1 : 128)));
    });
    if (cursor && code === 0) cursor.syncRename();
    return { code, output: Buffer.concat(parts) };
  } finally {
    clearTimeout(timer);
    kill.removeEventListener("abort", killGroup);
  }
}

function environmentOf({ env, message, group, context }: RunOptions): NodeJS.ProcessEnv {
  return {
    ...env,
    RANAH_FROM: message.from,
    RANAH_ID: String(message.id),
    RANAH_TIME: message.time,
    RANAH_GROUP: group ?? "",
    ...(context !== null && { RANAH_CONTEXT: context }),
  };
}

function signalGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // The group has ended.
  }
}

export function commandFailed(id: number, code: number): CliError {
  return new CliError(
    exitCodes.failed,
    "command-failed",
    [
      "Command untuk pesan {id} berakhir dengan kode {code}; kursor tetap sebelum pesan itu",
      "The command for message {id} ended with code {code}; the cursor stays before that message",
    ],
    { id, code },
  );
}
