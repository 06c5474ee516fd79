import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { freePort } from "./free-port.ts";
import type { ServerDriver, Variables } from "./server-driver.ts";

const serve = join(import.meta.dirname, "../../src/selfhost/serve.ts");

/** The program of `npm run serve`. */
export function selfhostDriver(main?: string): ServerDriver {
  if (main) throw new Error("a self-hosted server has no main module to replace");
  const folder = mkdtempSync(join(tmpdir(), "ranah-"));
  let child: ChildProcess | null = null;
  let log = "";
  const kill = () => void child?.kill("SIGKILL");
  // Ends the server even if the test process exits before its hooks run.
  process.on("exit", kill);

  const stop = async () => {
    const ended = child && child.exitCode === null && child.signalCode === null ? once(child, "exit") : null;
    kill();
    await ended;
    child = null;
  };
  let port = 0;
  let variables: Variables = {};
  const restart = async () => {
    await stop();
    const env = Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, String(value)]));
    child = spawn(process.execPath, [serve, "--data", folder, "--port", String(port)], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: process.env.PATH, LOCAL_PEERS: "yes", ...env },
    });
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (text) => (log += text));
    await untilServing(child);
  };
  return {
    async start(vars) {
      port ||= await freePort();
      variables = vars;
      await restart();
      return new URL(`http://127.0.0.1:${port}`);
    },
    async query(shard, query) {
      const database = new DatabaseSync(join(folder, `${shard}.sqlite`), { timeout: 5_000 });
      try {
        return database.prepare(query).all();
      } finally {
        database.close();
      }
    },
    // A shard of this host stays in memory as long as its process. Sockets do not survive this.
    evict: restart,
    logs: () => log,
    async close() {
      await stop();
      process.off("exit", kill);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Resolves when the program has written its line that it serves. */
function untilServing(server: ChildProcess): Promise<void> {
  let output = "";
  return new Promise((resolve, reject) => {
    for (const stream of [server.stdout, server.stderr]) {
      stream?.on("data", (text) => {
        output += text;
        if (/^Serving /m.test(output)) resolve();
      });
    }
    server.on("exit", () => reject(new Error(`the server exited\n${output}`)));
  });
}
