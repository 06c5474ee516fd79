import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { inject } from "vitest";
import { variableNames } from "../../src/config/config.ts";
import type { ControlRequest } from "../worker/test-endpoints.ts";
import { bundleName } from "./bundles.ts";
import type { ServerDriver, Variables } from "./server-driver.ts";
import { ServerProcess } from "./server-process.ts";

const workerd = join(import.meta.dirname, "../../node_modules/.bin/workerd");

/** The Worker of `npm run serve` on plain `workerd serve`, with the test control endpoint on a second socket. */
export function workerdDriver(main?: string): ServerDriver {
  const server = new ServerProcess();
  /** The port of each socket. Each start uses new ports, because another process may have taken the old ones. */
  let ports: Record<string, number> = {};
  const callControlEndpoint = async (request: ControlRequest): Promise<unknown[]> => {
    const body = JSON.stringify(request);
    const answer = await fetch(`http://127.0.0.1:${ports["test-control"]}`, { method: "POST", body });
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()) as unknown[];
  };
  return {
    async start(vars) {
      await server.stop();
      ports = await listeningPorts(server.run(spawnWorkerd(main, server.folder, vars))).catch(async (error) => {
        await server.stop();
        throw new Error(`${error}\n${server.log}`);
      });
      return new URL(`http://127.0.0.1:${ports.http}`);
    },
    query: (object, query) => callControlEndpoint({ object, query }),
    evict: async (object) => void (await callControlEndpoint({ object })),
    logs: () => server.log,
    close: () => server.close(),
  };
}

function spawnWorkerd(main: string | undefined, folder: string, vars: Variables): ChildProcess {
  const config = join(inject("bundles"), `${bundleName(main)}-test.capnp`);
  const listenOn = (socket: string) => ["--socket-addr", `${socket}=127.0.0.1:0`];
  return spawn(
    workerd,
    // Evicting an object from memory needs workerd's experimental mode.
    ["serve", "--experimental", config, "--directory-path", `objects=${folder}`, "--control-fd", "3"].concat(
      listenOn("http"),
      listenOn("test-control"),
    ),
    { stdio: ["ignore", "pipe", "pipe", "pipe"], env: { ...Object.fromEntries(environmentOf(vars)) } },
  );
}

/** Every variable as text. An unset variable is empty, which the Worker treats the same. */
function environmentOf(vars: Variables): [string, string][] {
  return variableNames.map((name) => [name, String(vars[name] ?? "")]);
}

/** Resolves with the port of each socket after workerd has reported all of them. */
async function listeningPorts(child: ChildProcess): Promise<Record<string, number>> {
  const ports: Record<string, number> = {};
  let received = "";
  for await (const text of child.stdio[3] as Readable) {
    received += text;
    for (const line of received.split("\n").slice(0, -1)) {
      const { event, socket, port } = JSON.parse(line);
      if (event === "listen") ports[socket] = port;
    }
    if (Object.keys(ports).length === 2) return ports;
  }
  throw new Error("workerd exited");
}
