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
  const count = (table: string) => shards.reduce((sum, { rows }) => sum + (rows[table] ?? 0), 0);
  const counts = [
    counted(shards.length, "database"),
    counted(count("accounts"), "account"),
    counted(count("messages"), "received message"),
    counted(count("sent_messages"), "sent message"),
  ];
  process.stdout.write(`${what}: ${counts.join(", ")}. All were read and verified.\n`);
}

function counted(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
