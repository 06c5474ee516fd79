/**
 * The main module of a thread that folds the write-ahead log of one database back into its file. A passive checkpoint holds up
 * neither readers nor the writer (SQLite documentation, "sqlite3_wal_checkpoint_v2"): the shard goes on in its own thread.
 */
import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import { limits } from "../limits.ts";

/** What a thread is started with. Each message asks for a checkpoint, and an empty message answers it. */
export interface CheckpointThreadData {
  /** The path of the database. */
  path: string;
}

const { path } = workerData as CheckpointThreadData;
const port = parentPort;
if (!port) throw new Error("this is the module of a thread");

port.on("message", () => {
  // Opened for each checkpoint: the last connection that closes would have to fold the log back.
  const database = new DatabaseSync(path, { timeout: limits.databaseBusyMs });
  try {
    database.exec("pragma synchronous = full; pragma checkpoint_fullfsync = on");
    const checkpoint = database.prepare("pragma wal_checkpoint(passive)");
    // The shard adds pages during a pass. The next pass takes only these, and so less time.
    for (let pass = 0; pass < limits.checkpointPassesMax; pass++) {
      const row = checkpoint.get();
      if (Number(row?.log) - Number(row?.checkpointed) <= limits.checkpointRestPages) break;
    }
  } finally {
    database.close();
  }
  port.postMessage(null);
});
