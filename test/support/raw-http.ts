import { connect } from "node:net";

/**
 * Writes raw bytes to a server and resolves with the answer when the reply's terminator arrives. An incomplete request shows
 * which parts the server does not wait for.
 *
 * @param readsLast starts to read after the last write, as some proxies do
 */
export function rawExchange(url: URL, parts: (string | Uint8Array)[], readsLast = false): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(url.port), url.hostname);
    let got = "";
    if (readsLast) socket.pause();
    socket.setEncoding("utf8");
    socket.on("data", (text) => {
      got += text;
      // HTTP headers end with the same bytes as a reply, so the check includes the closing brace of the JSON.
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

/** The header section of a request to /command. */
export const commandHead = (...headers: string[]) => requestHead("/command", ...headers);
export const requestHead = (path: string, ...headers: string[]) =>
  `${[`POST ${path} HTTP/1.1`, "Host: 127.0.0.1", ...headers].join("\r\n")}\r\n\r\n`;

/** One chunk of a chunked body (RFC 9112, section 7.1). */
export const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
export const lastChunk = "0\r\n\r\n";
