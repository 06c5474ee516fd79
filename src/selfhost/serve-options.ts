import { isIP } from "node:net";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { exitWith } from "../dev/exit-with.ts";
import { parsePort } from "../dev/listen-port.ts";
import type { TlsFiles } from "./tls-files.ts";

export interface ServeOptions {
  port: number;
  /** The IP address to listen on. */
  host: string;
  /** The absolute path of the data folder. */
  data: string;
  /** Null: plain HTTP. */
  tls: TlsFiles | null;
}

/** Parses the command line, or ends the script. */
export function parseOptions(args: string[]): ServeOptions {
  const { port, host, data, cert, key } = parseArguments(args);
  if (!isIP(host)) exitWith("--host takes an IP address of this machine, such as 127.0.0.1 or ::.");
  // An empty path, as of an unset shell variable, must not turn TLS off.
  if ((cert !== undefined || key !== undefined) && (!cert || !key)) {
    exitWith("--cert and --key belong together: both are files in PEM.");
  }
  return { port: Number(parsePort(port)), host, data: resolve(data), tls: cert && key ? { cert, key } : null };
}

interface Arguments {
  port: string;
  host: string;
  data: string;
  cert?: string;
  key?: string;
}

function parseArguments(args: string[]): Arguments {
  try {
    const { values } = parseArgs({
      args,
      options: {
        port: { type: "string", default: "8787" },
        host: { type: "string", default: "127.0.0.1" },
        data: { type: "string" },
        cert: { type: "string" },
        key: { type: "string" },
      },
    });
    if (values.data) return { ...values, data: values.data };
  } catch {
    // An unknown option, or an option without its value.
  }
  exitWith("Usage: npm run serve -- --data DIR [--port 8787] [--host 127.0.0.1] [--cert FILE --key FILE]");
}
