import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { limits } from "../../limits.ts";
import { CliError, Stopped } from "../cli-error.ts";
import { exitCodes, signalExitCodes } from "../exit-codes.ts";

export interface PasswordSource {
  stdin: NodeJS.ReadStream;
  stderr: NodeJS.WriteStream;
  /** A command whose first line of output is the password. */
  command: string | undefined;
  timeoutMs: number;
}

/** A password from a command, from the terminal without echo, or the next line of standard input. Never an argument. */
export class PasswordReader {
  readonly #source: PasswordSource;
  /** Where no terminal asks; a password change reads two lines. */
  #lines: AsyncIterator<string> | Iterator<string> | null = null;

  constructor(source: PasswordSource) {
    this.#source = source;
  }

  get isTerminal(): boolean {
    return this.#source.command === undefined && this.#source.stdin.isTTY === true;
  }

  async read(prompt: string): Promise<string> {
    const password = await this.#read(prompt);
    if (password === "") throw noPassword();
    // A space would begin another parameter of the line.
    if (/[ \r\n]/.test(password)) {
      throw new CliError(exitCodes.usage, "bad-password", [
        "Password tidak boleh berisi spasi atau akhir baris",
        "A password contains no space and no line end",
      ]);
    }
    return password;
  }

  async #read(prompt: string): Promise<string> {
    const { command, stdin, timeoutMs } = this.#source;
    if (this.isTerminal) return this.#ask(prompt);
    this.#lines ??=
      command === undefined ? linesOf(stdin) : (await outputOf(command, timeoutMs)).split(/\r?\n/).values();
    const late = sleep(timeoutMs, "late" as const);
    const next = await Promise.race([this.#lines.next(), late]);
    return next === "late" || next.done ? "" : next.value;
  }

  /** Asks on the terminal. Nothing that is typed is shown. */
  async #ask(prompt: string): Promise<string> {
    const { stdin, stderr } = this.#source;
    stderr.write(prompt);
    const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
    const reader = createInterface({ input: stdin, output: silent, terminal: true, historySize: 0 });
    try {
      return await new Promise<string>((resolve, reject) => {
        reader.once("line", resolve);
        reader.once("SIGINT", () => reject(new Stopped(signalExitCodes.SIGINT)));
        reader.once("close", () => reject(noPassword()));
      });
    } finally {
      reader.close();
      stderr.write("\n");
    }
  }
}

function noPassword(): CliError {
  return new CliError(exitCodes.usage, "no-password", [
    "Tidak ada password: ketik di terminal, lewat masukan standar, atau --password-command",
    "There is no password: type it on a terminal, or use standard input or --password-command",
  ]);
}

/** The other end may stay open after the password, so no end is waited for. */
function linesOf(stdin: NodeJS.ReadStream): AsyncIterator<string> {
  return createInterface({ input: stdin, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
}

function outputOf(command: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const failed = (reason: string) =>
      reject(
        new CliError(
          exitCodes.usage,
          "password-command-failed",
          ["--password-command gagal: {reason}", "--password-command failed: {reason}"],
          { reason },
        ),
      );
    const child = spawn("/bin/sh", ["-c", command], { stdio: ["inherit", "pipe", "inherit"] });
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      // What the shell has started may live on and keep the pipe open.
      child.stdout.destroy();
      failed("timeout");
    }, timeoutMs);
    let output = "";
    child.stdout.on("data", (part) => {
      if (output.length < limits.bodyMaxBytes) output += part;
    });
    child.on("error", (error: NodeJS.ErrnoException) => failed(error.code ?? "?"));
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(output);
      else failed(signal ?? `exit ${code}`);
    });
  });
}
