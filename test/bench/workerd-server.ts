import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { freePort } from "../support/free-port.ts";
import type { Program } from "./program.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const workerd = join(import.meta.dirname, "../../node_modules/.bin/workerd");

/** A program on plain `workerd serve`. Its data folder survives kills and is deleted when this process exits. */
export class WorkerdServer {
  readonly #program: Program;
  readonly #vars: Record<string, string>;
  readonly #folder = temporaryFolder();
  #port = 0;
  #child: ChildProcess | null = null;

  constructor(program: Program, vars: Record<string, string> = {}) {
    this.#program = program;
    this.#vars = vars;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get pid(): number {
    if (!this.#child?.pid) throw new Error("the server does not run");
    return this.#child.pid;
  }

  get isRunning(): boolean {
    return this.#child !== null;
  }

  /** Chooses the port before the start, so that peers can be configured with it. @returns the URL */
  async reservePort(): Promise<string> {
    this.#port ||= await freePort();
    return this.url;
  }

  /** Adds variables for the next start. */
  setVariables(vars: Record<string, string>): void {
    Object.assign(this.#vars, vars);
  }

  /** Starts on the data folder and resolves when the server answers. */
  async start(): Promise<void> {
    await this.reservePort();
    const config = join(this.#folder, "config.capnp");
    writeFileSync(config, workerdConfig(this.#program, this.#vars, this.#folder, this.#port));
    const child = spawn(workerd, ["serve", config], { stdio: ["ignore", "ignore", "pipe"] });
    let log = "";
    child.stderr.on("data", (text) => {
      log = (log + text).slice(-10_000);
    });
    this.#child = child;
    runningChildren.add(child);
    child.once("exit", () => runningChildren.delete(child));
    const deadline = performance.now() + 20_000;
    for (;;) {
      const health = await fetch(`${this.url}/healthz`).catch(() => null);
      if (health?.ok) return;
      if (performance.now() > deadline) throw new Error(`workerd does not serve: ${health?.status}\n${log}`);
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`workerd exited:\n${log}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Kills the process with SIGKILL, as a power cut does. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }

  /** Calls `work` with the database that contains a table. The server must not run. */
  sql<T>(table: string, work: (database: DatabaseSync) => T): T {
    if (this.#child) throw new Error("the server still runs");
    for (const file of readdirSync(this.#folder, { recursive: true, encoding: "utf8" })) {
      if (!file.endsWith(".sqlite") || file.endsWith("metadata.sqlite")) continue;
      const database = new DatabaseSync(join(this.#folder, file));
      try {
        if (database.prepare("select 1 from sqlite_master where name = ?").get(table)) return work(database);
      } finally {
        database.close();
      }
    }
    throw new Error(`no database has a table ${table}`);
  }
}

/** Configures two realms, which do not run yet, as peers of each other. */
export async function connectPeers(surabaya: WorkerdServer, jakarta: WorkerdServer): Promise<void> {
  surabaya.setVariables({ PEERS: JSON.stringify({ jakarta: await jakarta.reservePort() }) });
  jakarta.setVariables({ PEERS: JSON.stringify({ surabaya: await surabaya.reservePort() }) });
}

function workerdConfig(
  { modules, objects }: Program,
  vars: Record<string, string>,
  folder: string,
  port: number,
): string {
  const list = (items: string[]) => `[${items.join(", ")}]`;
  const namespaces = objects.map((o) => `(className = "${o.className}", uniqueKey = "${o.key}", enableSql = true)`);
  const bindings = [
    ...objects.map((o) => `(name = "${o.binding}", durableObjectNamespace = "${o.className}")`),
    ...Object.entries(vars).map(([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)})`),
  ];
  // "private" allows connections to realms on this machine only.
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .program),
    (name = "disk", disk = (path = "${folder}", writable = true)),
    (name = "internet", network = (allow = ["private"])) ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")] );
const program :Workerd.Worker = (
  modules = ${list(modules.map((path) => `(name = "${basename(path)}", esModule = embed "${relative(folder, path)}")`))},
  compatibilityDate = "2026-10-20",
  compatibilityFlags = ["no_web_socket_compression"],
  durableObjectNamespaces = ${list(namespaces)},
  durableObjectStorage = (localDisk = "disk"),
  bindings = ${list(bindings)} );
`;
}

const runningChildren = new Set<ChildProcess>();

process.on("exit", () => {
  for (const child of runningChildren) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
