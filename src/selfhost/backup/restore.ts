/** `npm run restore -- --file FILE --data DIR`: unpacks a backup into an empty data folder. */

import { restoreBackup } from "./restore-backup.ts";
import { parsePaths, printSummary, runCommand } from "./run-command.ts";

await runCommand(async () => {
  const { file, data } = parsePaths("Usage: npm run restore -- --file FILE --data DIR", "file", "data");
  printSummary(`Restored ${file} to ${data}`, await restoreBackup(file, data));
});
