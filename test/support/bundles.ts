import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { transformWithOxc } from "vite";
import type { TestProject } from "vitest/node";
import { variableNames } from "../../src/config/config.ts";
import { bundleWorker } from "./worker-bundle.ts";
import { workerdConfig } from "./workerd-config.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The folder with the bundles and configurations that plain workerd serves. */
    bundles: string;
  }
}

const root = join(import.meta.dirname, "../..");
/** The main modules of the Workers under test. */
const mains = ["src/index.ts", "test/worker/cost-worker.ts", "test/worker/damaging-worker.ts"];

/** The base name of a main module's bundle and configurations. */
export const bundleName = (main = "src/index.ts") => basename(main, ".ts");

/** Builds the bundles once for all test files. */
export default async function buildBundles(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), "ranah-"));
  const write = (file: string, text: string) => writeFileSync(join(folder, file), text);
  for (const module of ["test-worker", "test-endpoints"]) {
    const source = readFileSync(join(root, `test/worker/${module}.ts`), "utf8");
    write(`${module}.js`, (await transformWithOxc(source, `${module}.ts`)).code);
  }
  for (const main of mains) {
    const name = bundleName(main);
    write(`${name}.js`, await bundleWorker(main));
    // The unchanged bundle takes the place of the `src/index.ts` that test/worker/test-worker.ts imports.
    const modules = [
      ["test/worker/test-worker.ts", "test-worker.js"],
      ["src/index.ts", `${name}.js`],
    ] as const;
    write(`${name}.capnp`, workerdConfig({ modules, variableNames, localPeers: true }));
    write(`${name}-test.capnp`, testConfig(`${name}.capnp`));
  }
  project.provide("bundles", folder);
  return () => rmSync(folder, { recursive: true, force: true });
}

/** Adds to a configuration a second socket with test/worker/test-endpoints.ts, which reaches into the shards. */
function testConfig(config: string): string {
  return `using Workerd = import "/workerd/workerd.capnp";
using Ranah = import "${config}";
const withTestControl :Workerd.Config = (
  services = [
    (name = "realm", worker = Ranah.realm),
    (name = "internet", network = Ranah.internet),
    (name = "objects", disk = (writable = true)),
    (name = "test-control", worker = .testControl) ],
  sockets = [
    (name = "http", http = (), service = "realm"),
    (name = "test-control", http = (), service = "test-control") ] );
const testControl :Workerd.Worker = (
  modules = [(name = "test-endpoints.js", esModule = embed "test-endpoints.js")],
  compatibilityDate = "2026-10-20",
  compatibilityFlags = ["unsafe_module"],
  bindings = [(name = "REALM_SHARDS", durableObjectNamespace = (className = "RealmShard", serviceName = "realm"))] );
`;
}
