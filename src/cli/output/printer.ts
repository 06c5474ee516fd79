import type { Language } from "../../protocol/texts.ts";
import { Stopped } from "../cli-error.ts";
import { isObject } from "../client/command-reply.ts";
import { signalExitCodes } from "../exit-codes.ts";
import { type Text, textIn } from "../language.ts";
import { isMessageRow, type MessageRow } from "./message-row.ts";
import { formatTable } from "./table-format.ts";
import { visibleBlock, visibleLine } from "./visible-text.ts";

export interface PrinterDeps {
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  env: NodeJS.ProcessEnv;
  language: Language;
  json: boolean;
  verbose: boolean;
}

/**
 * Everything that the program writes. Results go to standard output, and everything else to standard error. On a terminal the
 * texts of others are made safe; a pipe gets them verbatim.
 */
export class Printer {
  readonly deps: PrinterDeps;
  #failure: NodeJS.ErrnoException | null = null;

  constructor(deps: PrinterDeps) {
    this.deps = deps;
    // Without a listener a closed pipe would end the program with a stack trace.
    deps.stdout.on("error", (error: NodeJS.ErrnoException) => (this.#failure = error));
    deps.stderr.on("error", () => {});
  }

  get isTerminal(): boolean {
    return this.deps.stdout.isTTY === true;
  }

  /** Writes to standard output. Resolves when the system has taken it. @throws {Stopped} if the reader has closed the pipe */
  async write(text: string): Promise<void> {
    const { stdout } = this.deps;
    const error = await new Promise<Error | null>((resolve) => {
      if (this.#failure) resolve(this.#failure);
      else stdout.write(text, (problem) => resolve(problem ?? null));
    });
    if (error) throw new Stopped(signalExitCodes.SIGPIPE);
  }

  /** A result of a realm: rows as a table, an object as lines, a sentence as it is; with `--json` one object a line. */
  async result(data: unknown): Promise<void> {
    if (this.deps.json) return this.write(jsonLines(data));
    if (!Array.isArray(data)) return this.write(isObject(data) ? this.#fields(data) : `${this.#line(String(data))}\n`);
    if (data.length === 0) return;
    if (data.every(isMessageRow)) {
      for (const row of data) await this.message(row);
      return;
    }
    await this.write(this.#table(data.map((row) => (isObject(row) ? row : { value: row }))));
  }

  /** One message. */
  async message(row: MessageRow, group?: string): Promise<void> {
    if (this.deps.json) return this.write(`${JSON.stringify(group === undefined ? row : { group, ...row })}\n`);
    await this.write(this.messageLine(row, group));
  }

  messageLine({ id, from, text, time, state }: MessageRow, group?: string): string {
    const where = group === undefined ? from : `${group} ${from}`;
    if (!this.isTerminal) return `${id}\t${time}\t${where.replace(" ", "\t")}\t${text}\n`;
    const clock = this.colour(2, localTime(time));
    const pending = state === undefined || state === "delivered" ? "" : ` [${visibleLine(state)}]`;
    return `${clock} ${this.colour(36, visibleLine(where))}:${pending} ${visibleBlock(text)}\n`;
  }

  /** A result in our own words, and the same for programs. */
  async say(
    text: Text | string,
    values: Record<string, string | number>,
    json: Record<string, unknown>,
  ): Promise<void> {
    if (this.deps.json) return this.write(`${JSON.stringify(json)}\n`);
    const sentence = typeof text === "string" ? text : textIn(this.deps.language, text, values);
    await this.write(`${this.#line(sentence)}\n`);
  }

  /** A remark to a person, on standard error. */
  note(text: Text | string, values: Record<string, string | number> = {}): void {
    const sentence = typeof text === "string" ? text : textIn(this.deps.language, text, values);
    this.deps.stderr.write(`ranah: ${visibleLine(sentence)}\n`);
  }

  verbose(text: Text | string, values: Record<string, string | number> = {}): void {
    if (this.deps.verbose) this.note(text, values);
  }

  /** The one error that ends the program. */
  error(sentence: string, json: Record<string, unknown>): void {
    if (this.deps.json) this.deps.stderr.write(`${JSON.stringify({ status: "ERROR", ...json, data: sentence })}\n`);
    else this.note(sentence);
  }

  /** Colour only on a terminal that wants it (no-color.org). */
  colour(code: number, text: string): string {
    const { env } = this.deps;
    const wanted = this.isTerminal && !env.NO_COLOR && env.TERM !== "dumb";
    return wanted ? `\u001b[${code}m${text}\u001b[0m` : text;
  }

  #line(text: string): string {
    return this.isTerminal ? visibleLine(text) : text;
  }

  #fields(object: Record<string, unknown>): string {
    return Object.entries(object)
      .map(([name, value]) => `${this.colour(2, `${this.#line(name)}:`)} ${this.#line(cellOf(value))}\n`)
      .join("");
  }

  #table(rows: Record<string, unknown>[]): string {
    const heads = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    const cells = rows.map((row) => heads.map((head) => this.#line(cellOf(row[head]))));
    if (!this.isTerminal) return cells.map((row) => `${row.join("\t")}\n`).join("");
    return formatTable(
      heads.map((head) => this.colour(1, visibleLine(head))),
      cells,
    );
  }
}

function jsonLines(data: unknown): string {
  if (Array.isArray(data)) return data.map((row) => `${JSON.stringify(row)}\n`).join("");
  return `${JSON.stringify(isObject(data) ? data : { status: "OK", data })}\n`;
}

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  // The last message of a conversation.
  if (isObject(value)) return typeof value.text === "string" ? value.text : JSON.stringify(value);
  return String(value);
}

function localTime(time: string): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return visibleLine(time);
  const two = (number: number) => String(number).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}
