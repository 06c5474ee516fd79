import { limits } from "../../limits.ts";
import { lineOf } from "../../protocol/grammar.ts";
import { CliError } from "../cli-error.ts";
import { exitCodes } from "../exit-codes.ts";

/** A text from standard input, without the one line end that programs write last. Bytes that are not UTF-8 are refused, not replaced. */
export async function readMessageText(input: AsyncIterable<string | Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of input) {
    const bytes = Buffer.from(part);
    size += bytes.length;
    if (size > limits.bodyMaxBytes) throw tooLong();
    parts.push(bytes);
  }
  return lineOf(decodeText(Buffer.concat(parts)));
}

export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CliError(exitCodes.usage, "not-utf8", ["Pesan bukan UTF-8", "The text is not UTF-8"]);
  }
}

export function tooLong(): CliError {
  const bytes = limits.bodyMaxBytes;
  return new CliError(
    exitCodes.usage,
    "body-too-large",
    ["Pesan lebih dari {bytes} byte", "The text has more than {bytes} bytes"],
    { bytes },
  );
}
