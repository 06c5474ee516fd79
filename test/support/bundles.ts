import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { transformWithOxc } from "vite";
import type { TestProject } from "vitest/node";
import { variables } from "../../src/config/config.ts";
import { bundle } from "../../src/selfhost/worker-bundle.ts";
import { configText } from "../../src/selfhost/workerd-config.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The folder with what plain workerd serves to the tests. */
    bundles: string;
  }
}

const root = join(import.meta.dirname, "../..");
/** The main modules of servers under test. */
const mains = ["src/index.ts", "test/worker/cost-worker.ts"];

/** The name of a main module's files. */
export const nameOf = (main = "src/index.ts") => basename(main, ".ts");

/** Builds once for all test files what each of them would have to build. */
export default async function build(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), "ranah-"));
  const write = (file: string, text: string) => writeFileSync(join(folder, file), text);
  for (const module of ["test-worker", "test-endpoints"]) {
    const source = readFileSync(join(root, `test/worker/${module}.ts`), "utf8");
    write(`${module}.js`, (await transformWithOxc(source, `${module}.ts`)).code);
  }
  for (const main of mains) {
    const name = nameOf(main);
    write(`${name}.js`, await bundle(main));
    // The bundle is served as it is, in the place of the module that test/worker/test-worker.ts imports.
    const modules = [
      ["test/worker/test-worker.ts", "test-worker.js"],
      ["src/index.ts", `${name}.js`],
    ] as const;
    write(`${name}.capnp`, configText({ modules, variables, isLocal: true }));
    write(`${name}-test.capnp`, opened(`${name}.capnp`));
  }
  project.provide("bundles", folder);
  return () => rmSync(folder, { recursive: true, force: true });
}

/** A configuration and a back door to its objects, on a second socket. */
function opened(config: string): string {
  return `using Workerd = import "/workerd/workerd.capnp";
using Ranah = import "${config}";
const opened :Workerd.Config = (
  services = [
    (name = "realm", worker = Ranah.realm),
    (name = "internet", network = Ranah.internet),
    (name = "objects", disk = (writable = true)),
    (name = "back-door", worker = .backDoor) ],
  sockets = [
    (name = "http", http = (), service = "realm"),
    (name = "back-door", http = (), service = "back-door") ] );
const backDoor :Workerd.Worker = (
  modules = [(name = "test-endpoints.js", esModule = embed "test-endpoints.js")],
  compatibilityDate = "2026-10-20",
  compatibilityFlags = ["unsafe_module"],
  bindings = [(name = "REALM_SHARDS", durableObjectNamespace = (className = "RealmShard", serviceName = "realm"))] );
`;
}
