import { isIP } from "node:net";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { ensurePort, refuse } from "../dev/exit-with.ts";

export interface Options {
  port: string;
  /** An address of this machine. */
  host: string;
  /** The absolute path of the data folder. */
  data: string;
}

/** The options of the command line, or the end of the script. */
export function given(args: string[]): Options {
  const { port, host, data } = parsed(args);
  if (!isIP(host)) refuse("--host takes an IP address of this machine, such as 127.0.0.1 or ::.");
  return { port: ensurePort(port), host, data: resolve(data) };
}

function parsed(args: string[]): Options {
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
    // An option that nobody knows, or one without its value.
  }
  refuse("Usage: npm run serve -- --data DIR [--port 8787] [--host 127.0.0.1]");
}
