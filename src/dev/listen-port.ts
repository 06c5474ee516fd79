import { createServer } from "node:net";
import { exitWith } from "./exit-with.ts";

/** Parses a port from the command line, or ends the script. */
export function parsePort(text: unknown): string {
  const isPort = typeof text === "string" && /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
  return isPort ? String(Number(text)) : exitWith("A port is a whole number from 1 to 65535.");
}

/** Ends the script if it cannot listen on the port. The runtime's own error message is long and hard to read. */
export async function ensurePortFree(port: string, hosts: string[]): Promise<void> {
  for (const host of hosts) {
    const code = await listenErrorCode(Number(port), host);
    if (code === "EADDRINUSE") {
      exitWith(`Port ${port} is in use: stop the process that listens there, or choose another port.`);
    }
    if (code !== null) exitWith(`Port ${port} cannot be used (${code}): choose another port or address.`);
  }
}

/** @returns null if a server can listen on the address */
function listenErrorCode(port: number, host: string): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", ({ code = "unknown" }: NodeJS.ErrnoException) => {
      // Without IPv6 the address ::1 does not exist, so no process can listen on it.
      const isMissing = host === "::1" && (code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT");
      resolve(isMissing ? null : code);
    });
    server.listen({ port, host }, () => server.close(() => resolve(null)));
  });
}
