/** `npm run backup -- --data DIR --out FILE`: backs up a self-hosted server, which may run meanwhile. */
import { existsSync } from "node:fs";
import { createBackup } from "./create-backup.ts";
import { parsePaths, printSummary, runCommand } from "./run-command.ts";

await runCommand(async () => {
  const { data, out } = parsePaths("Usage: npm run backup -- --data DIR --out FILE", "data", "out");
  if (existsSync(out)) throw new Error(`${out} exists already: choose another name`);
  printSummary(`Backed up ${data} to ${out}`, await createBackup(data, out));
});
