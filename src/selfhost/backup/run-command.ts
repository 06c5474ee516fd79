import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { exitWith } from "../../dev/exit-with.ts";
import type { BackupManifest } from "./manifest.ts";

/** Runs a command that prints what it has done, or ends the script with one sentence. */
export async function runCommand(command: () => Promise<void>): Promise<void> {
  // A backup has messages, password hashes and the realm's keys.
  process.umask(0o077);
  await command().catch((error: unknown) => exitWith(`${error instanceof Error ? error.message : error}.`));
}

/** Parses options that each take a path, or ends the script with the usage. */
export function parsePaths<Name extends string>(usage: string, ...names: Name[]): Record<Name, string> {
  try {
    const options = Object.fromEntries(names.map((name) => [name, { type: "string" as const }]));
    const { values } = parseArgs({ options });
    const paths = {} as Record<Name, string>;
    for (const name of names) {
      const value = values[name];
      if (typeof value !== "string" || value === "") return exitWith(usage);
      paths[name] = resolve(value);
    }
    return paths;
  } catch {
    exitWith(usage);
  }
}

export function printSummary(what: string, { shards }: BackupManifest): void {
  const messages = shards.reduce((sum, { rows }) => sum + (rows.messages ?? 0), 0);
  const accounts = shards.reduce((sum, { rows }) => sum + (rows.accounts ?? 0), 0);
  const files = shards.length === 1 ? "1 database" : `${shards.length} databases`;
  process.stdout.write(`${what}: ${files}, ${accounts} accounts, ${messages} messages. All were read and verified.\n`);
}
