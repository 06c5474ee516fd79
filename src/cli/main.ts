import { CliError, Stopped } from "./cli-error.ts";
import { UnreadableReply } from "./client/command-reply.ts";
import { commandTable } from "./command-table.ts";
import { exitCodes, signalExitCodes } from "./exit-codes.ts";
import { Invocation, type ProcessIo } from "./invocation.ts";
import { languageOfLocale, textIn } from "./language.ts";
import { Printer } from "./output/printer.ts";
import { parseLine } from "./program.ts";
import { version } from "./version.ts";

const { stdin, stdout, stderr, env } = process;
const io: ProcessIo = { stdin, stdout, stderr, env };
const words = process.argv.slice(2);
const language = languageOfLocale(env);
/** Until the line is parsed, its words say how an error is written. */
let printer = printerFor(words.includes("--json"), false);
const stop = new AbortController();
const kill = new AbortController();

run().then(end, (error: unknown) => end(codeOf(error)));

async function run(): Promise<number> {
  let help = "";
  const write = (text: string) => (help += text);
  const parsed = parseLine(words, { table: commandTable(), language, version, write });
  if (parsed === null) {
    await printer.write(help);
    return exitCodes.done;
  }
  printer = printerFor(parsed.options.has("json"), parsed.options.has("verbose"));
  handleSignals(parsed.spec.finishesOnSignal === true);
  const invocation = new Invocation(parsed.args, parsed.options, { io, printer, stop: stop.signal, kill: kill.signal });
  try {
    return await parsed.spec.run(invocation);
  } finally {
    invocation.close();
  }
}

function printerFor(json: boolean, verbose: boolean): Printer {
  return new Printer({ stdout, stderr, env, language, json, verbose });
}

/** Writes the error. @returns its exit code */
function codeOf(error: unknown): number {
  if (error instanceof Stopped) return error.exitCode;
  if (error instanceof CliError) {
    const sentence = typeof error.text === "string" ? error.text : textIn(language, error.text, error.values);
    printer.error(sentence, { error: error.code, ...error.details });
    return error.exitCode;
  }
  // What was not expected has no text of ours, and its own may repeat what must not reach a log.
  const reason = error instanceof UnreadableReply ? error.message : kindOf(error);
  const sentence = textIn(language, ["Kesalahan: {reason}", "Something is broken: {reason}"], { reason });
  printer.error(sentence, { error: "broken" });
  if (env.RANAH_DEBUG) stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  return exitCodes.broken;
}

function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return "?";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}

function handleSignals(finishes: boolean): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      process.exitCode = signalExitCodes[signal];
      if (!finishes || stop.signal.aborted) {
        kill.abort();
        process.exit();
      }
      stop.abort();
    });
  }
}

/** A signal decides the code, also if the command has still been finished. */
function end(code: number): void {
  process.exit(stop.signal.aborted ? process.exitCode : code);
}

process.setUncaughtExceptionCaptureCallback((error) => end(codeOf(error)));
