import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FaultyServers } from "./faulty-servers.ts";

const root = join(import.meta.dirname, "../..");
const setting = (name: string) =>
  new RegExp(`^${name} = (.+)$`, "m").exec(readFileSync(join(root, "wrangler.toml"), "utf8"))?.[1];

/** The worker and everything that it imports. */
const modules = [
  "test/federation/fetch-error-worker.ts",
  ...["cloudflare/tcp-probe", "federation/fetch-error", "federation/outbound-fetch", "limits"].map(inSource),
  ...["protocol/peer-origin-rules", "storage/log", "storage/read-limited", "storage/repeat-counter"].map(inSource),
];

const servers = new FaultyServers();
const { http, failures } = await servers.start();
const folder = mkdtempSync(join(tmpdir(), "ranah-"));
let origin: string;
let stop: () => void;

beforeAll(async () => {
  const embedded = modules.map((name, index) => {
    writeFileSync(join(folder, `${index}.js`), stripTypeScriptTypes(readFileSync(join(root, name), "utf8")));
    return `(name = "${name}", esModule = embed "${index}.js")`;
  });
  writeFileSync(
    join(folder, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main), (name = "internet", network = .internet)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")] );
const main :Workerd.Worker = (
  modules = [${embedded.join(", ")}],
  compatibilityDate = ${setting("compatibility_date")} );
const internet :Workerd.Network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true));
`,
  );
  const workerd = join(root, "node_modules/.bin/workerd");
  const child = spawn(workerd, ["serve", join(folder, "config.capnp"), "--control-fd", "3"], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  stop = () => void child.kill("SIGKILL");
  process.on("exit", stop);
  for await (const line of createInterface({ input: child.stdio[3] as Readable })) {
    const { event, port } = JSON.parse(line);
    if (event === "listen") origin = `http://127.0.0.1:${port}`;
    if (origin) break;
  }
});
afterAll(() => {
  stop();
  servers.stop();
  rmSync(folder, { recursive: true, force: true });
});

const fetched = async (url: string) => (await fetch(origin, { method: "POST", body: url })).json();

test.for(failures)("on a real workerd a request to %s fails with %s", async ([url, problem]) => {
  expect(await fetched(url)).toMatchObject({ failure: problem, problem });
});

test("on a real workerd a name that is not resolved hides its error, and is found by a plain connection", async () => {
  expect(await fetched("https://malang.example/")).toEqual({ failure: "hidden", isOpen: false, problem: "dns-failed" });
});

test("on a real workerd a server that speaks no TLS hides its error, and accepts a plain connection", async () => {
  expect(await fetched(`https://${http}/`)).toEqual({
    failure: "hidden",
    isOpen: true,
    problem: "address-not-allowed",
  });
});

function inSource(path: string): string {
  return `src/${path}.ts`;
}
