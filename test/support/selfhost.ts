import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { freePort } from "./free-port.ts";
import type { ServerDriver, Variables } from "./server-driver.ts";
import { ServerProcess } from "./server-process.ts";

const serve = join(import.meta.dirname, "../../src/selfhost/serve.ts");

/** The program of `npm run serve`. */
export function selfhostDriver(main?: string): ServerDriver {
  if (main) throw new Error("a self-hosted server has no main module to replace");
  const server = new ServerProcess();
  let port = 0;
  let variables: Variables = {};
  const restart = async () => {
    await server.stop();
    const env = Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, String(value)]));
    const child = spawn(process.execPath, [serve, "--data", server.folder, "--port", String(port)], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: process.env.PATH, LOCAL_PEERS: "yes", ...env },
    });
    await untilServing(server.run(child));
  };
  return {
    async start(vars) {
      port ||= await freePort();
      variables = vars;
      await restart();
      return new URL(`http://127.0.0.1:${port}`);
    },
    async query(shard, query) {
      const database = new DatabaseSync(join(server.folder, `${shard}.sqlite`), { timeout: 5_000 });
      try {
        return database.prepare(query).all();
      } finally {
        database.close();
      }
    },
    // A shard of this host stays in memory as long as its process. Sockets do not survive this.
    evict: restart,
    logs: () => server.log,
    close: () => server.close(),
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
