/** Ends the script with one sentence on standard error and exit code 1. */
export function exitWith(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}
