import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";

export const root = join(import.meta.dirname, "../..");
const binaries = join(root, "node_modules/.bin");

/** What a workerd is to run: its modules, the first of which is the Worker, and its classes of objects. */
export interface Program {
  modules: string[];
  /** Binding, class and the key that names the class's folder on disk. */
  objects: { binding: string; className: string; key: string }[];
}

/** The realm as it is deployed, or with another main module in its place. It is built once for each process. */
export function ranah(main?: string): Promise<Program> {
  const known = built.get(main) ?? build(main);
  built.set(main, known);
  return known;
}
const built = new Map<string | undefined, Promise<Program>>();

async function build(main?: string): Promise<Program> {
  const folder = temporary();
  const given = ["deploy", ...(main ? [main] : []), "--dry-run", "--env=", "--outdir", folder];
  const wrangler = join(root, "node_modules/wrangler/bin/wrangler.js");
  await promisify(execFile)(process.execPath, [wrangler, ...given], { cwd: root });
  return {
    modules: [join(folder, main ? basename(main).replace(/\.ts$/, ".js") : "index.js")],
    objects: [
      { binding: "REALM_SHARDS", className: "RealmShard", key: "ranah-realm-shard" },
      { binding: "PASSWORD_HASHERS", className: "PasswordHasher", key: "ranah-password-hasher" },
    ],
  };
}

/** A program on plain `workerd serve`, with a folder of its own that outlives kills. Everything goes with this process. */
export class Plain {
  readonly #program: Program;
  readonly #vars: Record<string, string>;
  readonly #folder = temporary();
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

  /** Chooses its port, so that others can be told of it before it starts. */
  async reserve(): Promise<string> {
    this.#port ||= await freePort();
    return this.url;
  }

  /** Variables of the next start. */
  set(vars: Record<string, string>): void {
    Object.assign(this.#vars, vars);
  }

  /** Starts on what the folder holds, and resolves when it answers. */
  async start(): Promise<void> {
    await this.reserve();
    const config = join(this.#folder, "config.capnp");
    writeFileSync(config, configOf(this.#program, this.#vars, this.#folder, this.#port));
    const child = spawn(join(binaries, "workerd"), ["serve", config], { stdio: ["ignore", "ignore", "pipe"] });
    let log = "";
    child.stderr.on("data", (text) => {
      log = (log + text).slice(-10_000);
    });
    this.#child = child;
    running.add(child);
    child.once("exit", () => running.delete(child));
    const deadline = performance.now() + 20_000;
    for (;;) {
      const health = await fetch(`${this.url}/healthz`).catch(() => null);
      if (health?.ok) return;
      if (performance.now() > deadline) throw new Error(`workerd does not serve: ${health?.status}\n${log}`);
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`workerd ended:\n${log}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Ends it as a power cut does. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  /** Works on the database that has a table, while no server runs on it. */
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

/** What a process has used: of time since it began, of the rest now. */
export function usageOf(pid: number): { cpuMs: number; residentMb: number; handles: number } {
  // The name stands in parentheses and may hold anything (proc_pid_stat(5)). A tick is 10 ms on every Linux.
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return {
    cpuMs: 10 * (Number(fields[11]) + Number(fields[12])),
    residentMb: Number(resident) / 1024,
    handles: readdirSync(`/proc/${pid}/fd`).length,
  };
}

function configOf({ modules, objects }: Program, vars: Record<string, string>, folder: string, port: number): string {
  const list = (each: string[]) => `[${each.join(", ")}]`;
  const namespaces = objects.map((o) => `(className = "${o.className}", uniqueKey = "${o.key}", enableSql = true)`);
  const bindings = [
    ...objects.map((o) => `(name = "${o.binding}", durableObjectNamespace = "${o.className}")`),
    ...Object.entries(vars).map(([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)})`),
  ];
  // "private" lets realms of this machine talk to each other, and to nobody else.
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

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (typeof address !== "object" || !address) throw new Error("a TCP server without a port");
  return address.port;
}

const running = new Set<ChildProcess>();
const folders: string[] = [];

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), "ranah-"));
  folders.push(folder);
  return folder;
}

process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
