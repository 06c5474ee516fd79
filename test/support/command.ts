import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { text as readText } from "node:stream/consumers";
import { expect } from "vitest";

/** One unmodified reply. */
export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  /** The exact body, including the terminator. */
  text: string;
  /** The parsed body. */
  json: { status: "OK" | "ERROR"; data: never };
}

export interface CommandOptions {
  token?: string | undefined;
  /** Selects another realm of the same server through the Host header. */
  host?: string | undefined;
  english?: boolean;
  headers?: Record<string, string>;
}

const agent = new Agent({ keepAlive: true, maxSockets: 256 });

/** Sends one command over HTTP and checks the terminator and the JSON form that every reply has. */
export async function command(
  url: URL | string,
  line: string | Uint8Array,
  options: CommandOptions = {},
): Promise<Reply> {
  const { status, headers, text } = await sendRequest(new URL("/command", url), "POST", line, {
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

/** One HTTP request. `fetch` cannot set the Host header, which selects the realm. */
export function sendRequest(
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
          // A server that answers early does not read the rest of the body.
          .finally(() => sent.writableFinished || sent.destroy()),
    );
    sent.on("error", (error: NodeJS.ErrnoException) => {
      // The server closed the idle connection before the request arrived (Node, `reusedSocket`), so it is safe to send again.
      if (error.code === "ECONNRESET" && sent.reusedSocket)
        sendRequest(url, method, body, headers).then(resolve, reject);
      else reject(error);
    });
    sent.end(bytes);
  });
}

/** Inserts options after the command name: `inboxgroup tim` becomes `inboxgroup after=1 tim`. */
export function withOptions(line: string, options: string): string {
  const [command = "", ...parameters] = line.split(" ");
  return [command, options, ...parameters].filter((part) => part !== "").join(" ");
}

/** The exact body of an error reply. */
export const errorBody = (text: string) => `${escapedJson({ status: "ERROR", data: text })}\r\n\r\n`;
/** The exact body of a successful reply. */
export const okBody = (data: unknown) => `${escapedJson({ status: "OK", data })}\r\n\r\n`;

/** JSON in which DEL, C1 controls, line separators and marks of direction are escaped. */
const escapedJson = (value: unknown) =>
  JSON.stringify(value).replace(
    /[\x7f-\x9f\p{Zl}\p{Zp}\p{Bidi_Control}]/gu,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
