import { connect } from "node:net";

/**
 * Writes bytes to a server by hand and resolves with what it answers, as soon as the terminator of a reply is there.
 * The request need not be whole: that is how a test shows what a server does not wait for.
 *
 * @param readsLast reads nothing before all is written, as a proxy does
 */
export function rawExchange(url: URL, parts: (string | Uint8Array)[], readsLast = false): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(url.port), url.hostname);
    let got = "";
    if (readsLast) socket.pause();
    socket.setEncoding("utf8");
    socket.on("data", (text) => {
      got += text;
      // Headers end as replies do, so the reply's own end is looked for with its closing brace.
      if (got.endsWith("}\r\n\r\n")) {
        socket.destroy();
        resolve(got);
      }
    });
    socket.on("error", reject);
    socket.on("close", () => reject(new Error(`closed after ${JSON.stringify(got)}`)));
    for (const part of parts.slice(0, -1)) socket.write(part);
    socket.write(parts.at(-1) ?? "", () => readsLast && socket.resume());
  });
}

/** The head of a request to /command. */
export const head = (...headers: string[]) => headOf("/command", ...headers);
export const headOf = (path: string, ...headers: string[]) =>
  `${[`POST ${path} HTTP/1.1`, "Host: 127.0.0.1", ...headers].join("\r\n")}\r\n\r\n`;

/** One chunk of a chunked body (RFC 9112, section 7.1). */
export const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
export const lastChunk = "0\r\n\r\n";
