import { isIP } from "node:net";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { exitWith } from "../dev/exit-with.ts";
import { parsePort } from "../dev/listen-port.ts";

export interface ServeOptions {
  port: string;
  /** The IP address to listen on. */
  host: string;
  /** The absolute path of the data folder. */
  data: string;
}

/** Parses the command line, or ends the script. */
export function parseOptions(args: string[]): ServeOptions {
  const { port, host, data } = parseArguments(args);
  if (!isIP(host)) exitWith("--host takes an IP address of this machine, such as 127.0.0.1 or ::.");
  return { port: parsePort(port), host, data: resolve(data) };
}

function parseArguments(args: string[]): ServeOptions {
  try {
    const { values } = parseArgs({
      args,
      options: {
        port: { type: "string", default: "8787" },
        host: { type: "string", default: "127.0.0.1" },
        data: { type: "string" },
      },
    });
    if (values.data) return { ...values, data: values.data };
  } catch {
    // An unknown option, or an option without its value.
  }
  exitWith("Usage: npm run serve -- --data DIR [--port 8787] [--host 127.0.0.1]");
}
