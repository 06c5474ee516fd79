import { writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { BenchServer, type Launch } from "./bench-server.ts";
import type { Program } from "./program.ts";

const workerd = join(import.meta.dirname, "../../node_modules/.bin/workerd");

/** A program on plain `workerd serve`. */
export class WorkerdServer extends BenchServer {
  readonly #program: Program;

  constructor(program: Program, vars: Record<string, string> = {}) {
    super(vars);
    this.#program = program;
  }

  protected override launch(): Launch {
    const config = join(this.folder, "config.capnp");
    writeFileSync(config, workerdConfig(this.#program, this.vars, this.folder, this.port));
    return { program: workerd, args: ["serve", config] };
  }
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
