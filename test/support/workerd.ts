import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { inject } from "vitest";
import { variables } from "../../src/config/config.ts";
import type { Wish } from "../worker/test-endpoints.ts";
import { nameOf } from "./bundles.ts";
import type { Carrier, Variables } from "./server-driver.ts";

const workerd = join(import.meta.dirname, "../../node_modules/.bin/workerd");

/** The Worker as `npm run serve` has it, on plain `workerd serve`, with a back door beside it. */
export function onWorkerd(main?: string): Carrier {
  const folder = mkdtempSync(join(tmpdir(), "ranah-"));
  /** Where each socket listens: at each start somewhere else, since what it left may be taken. */
  let ports: Record<string, number> = {};
  let child: ChildProcess | null = null;
  let log = "";
  const kill = () => void child?.kill("SIGKILL");
  // The last resort, should the test process end before its hooks have run.
  process.on("exit", kill);

  const end = async () => {
    const ended = child && child.exitCode === null && child.signalCode === null ? once(child, "exit") : null;
    kill();
    await ended;
    child = null;
  };
  const knock = async (wish: Wish): Promise<unknown[]> => {
    const body = JSON.stringify(wish);
    const answer = await fetch(`http://127.0.0.1:${ports["back-door"]}`, { method: "POST", body });
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()) as unknown[];
  };
  return {
    async serve(vars) {
      await end();
      child = start(main, folder, vars);
      for (const stream of [child.stdout, child.stderr]) stream?.on("data", (text) => (log += text));
      ports = await listening(child).catch(async (error) => {
        await end();
        throw new Error(`${error}\n${log}`);
      });
      return new URL(`http://127.0.0.1:${ports.http}`);
    },
    sql: (object, query) => knock({ object, query }),
    evict: async (object) => void (await knock({ object })),
    logs: () => log,
    async close() {
      await end();
      process.off("exit", kill);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function start(main: string | undefined, folder: string, vars: Variables): ChildProcess {
  const config = join(inject("bundles"), `${nameOf(main)}-test.capnp`);
  const at = (socket: string) => ["--socket-addr", `${socket}=127.0.0.1:0`];
  return spawn(
    workerd,
    // What throws an object out of memory is an experiment of workerd's.
    ["serve", "--experimental", config, "--directory-path", `objects=${folder}`, "--control-fd", "3"].concat(
      at("http"),
      at("back-door"),
    ),
    { stdio: ["ignore", "pipe", "pipe", "pipe"], env: { ...Object.fromEntries(given(vars)) } },
  );
}

/** Each variable as text; one that is not given is empty, which is the same. */
function given(vars: Variables): [string, string][] {
  return variables.map((name) => [name, String(vars[name] ?? "")]);
}

/** Resolves with the port of each socket when workerd has told them all. */
async function listening(child: ChildProcess): Promise<Record<string, number>> {
  const ports: Record<string, number> = {};
  let told = "";
  for await (const text of child.stdio[3] as Readable) {
    told += text;
    for (const line of told.split("\n").slice(0, -1)) {
      const { event, socket, port } = JSON.parse(line);
      if (event === "listen") ports[socket] = port;
    }
    if (Object.keys(ports).length === 2) return ports;
  }
  throw new Error("workerd has ended");
}
