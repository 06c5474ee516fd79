import { createServer } from "node:net";

/** Ends the script with one sentence for whoever started it. */
export function refuse(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

/** A port as it was typed, or the end of the script. */
export function ensurePort(text: unknown): string {
  const isPort = typeof text === "string" && /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
  return isPort ? String(Number(text)) : refuse("A port is a whole number from 1 to 65535.");
}

/** Ends the script where something listens on the port already: wrangler would say so in a page of text. */
export async function ensureFree(port: string, hosts: string[]): Promise<void> {
  for (const host of hosts) {
    const problem = await listeningFails(Number(port), host);
    if (problem === null) continue;
    const why = problem === "EADDRINUSE" ? "is taken" : `cannot be used (${problem})`;
    refuse(`Port ${port} ${why}: end what listens there, or choose another port.`);
  }
}

function listeningFails(port: number, host: string): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", ({ code = "unknown" }: NodeJS.ErrnoException) => {
      // A machine without IPv6 has no such address, and then nobody listens there.
      const isMissing = host === "::1" && (code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT");
      resolve(isMissing ? null : code);
    });
    server.listen({ port, host }, () => server.close(() => resolve(null)));
  });
}
