import type { ExitCode } from "./exit-codes.ts";
import type { Text } from "./language.ts";

/** Ends the program with an exit code and a sentence. It never holds a token, a password or the text of a message. */
export class CliError extends Error {
  readonly exitCode: ExitCode;
  /** The sentence, or the sentence of a server, which has a language already. */
  readonly text: Text | string;
  readonly values: Record<string, string | number>;
  /** The `Error-Code` of a server, or the name of the fault, for `--json`. */
  readonly code: string;
  /** Further members of the error in `--json`. */
  details: Record<string, unknown> = {};
  /** The same command may succeed later. */
  isTemporary = false;

  constructor(exitCode: ExitCode, code: string, text: Text | string, values: Record<string, string | number> = {}) {
    super(typeof text === "string" ? text : text[1]);
    this.exitCode = exitCode;
    this.code = code;
    this.text = text;
    this.values = values;
  }
}

/** Ends the program quietly after its consumer has gone, or after a signal. */
export class Stopped extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super("stopped");
    this.exitCode = exitCode;
  }
}
