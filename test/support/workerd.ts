import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, vi } from "vitest";
import { freePort } from "./process.ts";

const root = join(import.meta.dirname, "../..");
const run = promisify(execFile);

/** The realm on plain `workerd serve`: no wrangler between the client and the Worker, SQLite on disk. */
export interface Workerd {
  readonly url: URL;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

export async function startWorkerd(vars: Record<string, string> = {}): Promise<Workerd> {
  const folder = await mkdtemp(join(tmpdir(), "ranah-"));
  await run(
    process.execPath,
    [join(root, "node_modules/wrangler/bin/wrangler.js"), "deploy", "--dry-run", "--env=", "--outdir", folder],
    { cwd: root },
  );
  const port = await freePort();
  const bindings = Object.entries({ REALM: "surabaya", ...vars });
  await writeFile(
    join(folder, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .ranah), (name = "disk", disk = (path = "${folder}", writable = true))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")] );
const ranah :Workerd.Worker = (
  modules = [(name = "index.js", esModule = embed "index.js")],
  compatibilityDate = "2026-10-20",
  durableObjectNamespaces = [
    (className = "Realm", uniqueKey = "ranah-realm", enableSql = true),
    (className = "Hasher", uniqueKey = "ranah-hasher", enableSql = true) ],
  durableObjectStorage = (localDisk = "disk"),
  bindings = [
    (name = "REALM_OBJECTS", durableObjectNamespace = "Realm"), (name = "HASHERS", durableObjectNamespace = "Hasher"),
    ${bindings.map(([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)})`).join(", ")} ] );
`,
  );
  const child = spawn(join(root, "node_modules/.bin/workerd"), ["serve", join(folder, "config.capnp")], {
    stdio: "ignore",
  });
  const url = new URL(`http://127.0.0.1:${port}`);
  const stop = async () => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  const isServing = async () => expect((await fetch(new URL("/healthz", url))).status).toBe(200);
  try {
    await vi.waitFor(isServing, { timeout: 20_000 });
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, process: child, stop };
}
