import { limits } from "../limits.ts";
import type { Language } from "../protocol/texts.ts";
import { CliError } from "./cli-error.ts";
import { HttpConnection } from "./client/http-connection.ts";
import { RealmClient } from "./client/realm-client.ts";
import { exitCodes } from "./exit-codes.ts";
import type { Printer } from "./output/printer.ts";
import { ContextStore } from "./session/context-store.ts";
import { type RealmAccess, realmAccess } from "./session/realm-access.ts";

/** The surroundings of a run of the program. */
export interface ProcessIo {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  env: NodeJS.ProcessEnv;
}

export interface InvocationDeps {
  io: ProcessIo;
  printer: Printer;
  stop: AbortSignal;
  kill: AbortSignal;
}

/** Checked values of options, by name. */
export type OptionValues = ReadonlyMap<string, string | number | true>;

export type SessionAccess = RealmAccess & { token: string };

/** One run of a command: its words, and what it may use. */
export class Invocation {
  readonly args: readonly string[];
  readonly io: ProcessIo;
  readonly printer: Printer;
  /** Is aborted by the first signal. */
  readonly stop: AbortSignal;
  /** Is aborted by the second. */
  readonly kill: AbortSignal;
  readonly contexts: ContextStore;
  readonly #options: OptionValues;
  #connection: HttpConnection | null = null;

  constructor(args: readonly string[], options: OptionValues, deps: InvocationDeps) {
    this.args = args;
    this.#options = options;
    this.io = deps.io;
    this.printer = deps.printer;
    this.stop = deps.stop;
    this.kill = deps.kill;
    this.contexts = new ContextStore(deps.io.env);
  }

  get language(): Language {
    return this.printer.deps.language;
  }

  flag(name: string): boolean {
    return this.#options.get(name) === true;
  }

  text(name: string): string | undefined {
    const value = this.#options.get(name);
    return typeof value === "string" ? value : undefined;
  }

  number(name: string): number | undefined {
    const value = this.#options.get(name);
    return typeof value === "number" ? value : undefined;
  }

  get timeoutMs(): number {
    return this.number("timeout") ?? limits.cliTimeoutMs;
  }

  access(): RealmAccess {
    return realmAccess({ url: this.text("url"), context: this.text("context") }, this.io.env, this.contexts);
  }

  /** A client of the realm that flags, environment or configuration name. */
  client(access: RealmAccess = this.access()): RealmClient {
    this.#connection ??= new HttpConnection(access.origin);
    return new RealmClient({
      connection: this.#connection,
      token: access.token,
      language: this.language,
      timeoutMs: this.timeoutMs,
      signal: this.stop,
      onRetry: (reason) => this.noteRetry(reason),
    });
  }

  /** Somebody who waits at a terminal is told why. */
  noteRetry(reason: string): void {
    const text = ["mencoba lagi: {reason}", "trying again: {reason}"] as const;
    if (this.io.stderr.isTTY) this.printer.note(text, { reason });
    else this.printer.verbose(text, { reason });
  }

  /** A client of a session. @throws {CliError} without a token */
  session(): { access: SessionAccess; client: RealmClient } {
    const { token, ...access } = this.access();
    if (token === null) {
      throw new CliError(exitCodes.notAllowed, "token-missing", [
        "Tidak ada token: pakai ranah login, atau RANAH_TOKEN",
        "There is no token: use ranah login, or RANAH_TOKEN",
      ]);
    }
    return { access: { ...access, token }, client: this.client({ ...access, token }) };
  }

  close(): void {
    this.#connection?.close();
  }
}
