import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { text as readText } from "node:stream/consumers";
import { expect } from "vitest";

/** One reply, exactly as it came. */
export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  /** The exact body, terminator included. */
  text: string;
  /** The two members of the JSON. */
  json: { status: "OK" | "ERROR"; data: never };
}

export interface Options {
  token?: string | undefined;
  /** Another realm of the same server, by the name in its Host header. */
  host?: string | undefined;
  english?: boolean;
  headers?: Record<string, string>;
}

const agent = new Agent({ keepAlive: true, maxSockets: 256 });

/** Sends one command through HTTP. Checks what holds for every reply: the terminator, and the form of the JSON. */
export async function command(url: URL | string, line: string | Uint8Array, options: Options = {}): Promise<Reply> {
  const { status, headers, text } = await exchange(new URL("/command", url), "POST", line, {
    "content-type": "application/x-www-form-urlencoded",
    ...(options.token && { authorization: `Bearer ${options.token}` }),
    ...(options.host && { host: options.host }),
    ...(options.english && { "accept-language": "en" }),
    ...options.headers,
  });
  expect(text.endsWith("\r\n\r\n")).toBe(true);
  const json = JSON.parse(text);
  expect(Object.keys(json)).toEqual(["status", "data"]);
  expect(json.status).toBe(status === 200 ? "OK" : "ERROR");
  return { status, headers, text, json };
}

/** One HTTP request. Not `fetch`: that one sets the Host header itself, and realms are told apart by it. */
export function exchange(
  url: URL,
  method: string,
  body: string | Uint8Array,
  headers: Record<string, string>,
): Promise<Omit<Reply, "json">> {
  return new Promise((resolve, reject) => {
    const bytes = typeof body === "string" ? Buffer.from(body) : body;
    const sent = request(
      String(url),
      { method, agent, headers: { "content-length": String(bytes.length), ...headers } },
      (response) =>
        readText(response)
          .then((text) => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }), reject)
          // Whoever answers before it has read the whole body will not read the rest of it.
          .finally(() => sent.writableFinished || sent.destroy()),
    );
    sent.on("error", (error: NodeJS.ErrnoException) => {
      // The server closed an idle connection while it was taken up again: the request never got there (Node, `reusedSocket`).
      if (error.code === "ECONNRESET" && sent.reusedSocket) exchange(url, method, body, headers).then(resolve, reject);
      else reject(error);
    });
    sent.end(bytes);
  });
}

/** A line with options put behind its command, where they belong: `inboxgroup tim` becomes `inboxgroup after=1 tim`. */
export function withOptions(line: string, options: string): string {
  const [command = "", ...parameters] = line.split(" ");
  return [command, options, ...parameters].filter((part) => part !== "").join(" ");
}

/** The exact body of a failure. */
export const errorBody = (text: string) => `${JSON.stringify({ status: "ERROR", data: text })}\r\n\r\n`;
/** The exact body of a success. */
export const okBody = (data: unknown) => `${JSON.stringify({ status: "OK", data })}\r\n\r\n`;
