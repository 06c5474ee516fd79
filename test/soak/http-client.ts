import { Agent, request } from "node:http";
import { text as readText } from "node:stream/consumers";

/** Maximum number of connections to each server. The limit of handle growth depends on it. */
export const connections = 32;
const agent = new Agent({ keepAlive: true, maxSockets: connections });
const terminator = "\r\n\r\n";

export interface Reply {
  status: number;
  /** The error code, or null for a successful command. */
  error: string | null;
  data: unknown;
}

/** The answer to one request. A bulk request has one reply per command. */
export interface HttpReply {
  status: number;
  error: string | null;
  replies: Reply[];
}

/** The server closed an idle connection while the client was reusing it (RFC 9112, section 9.6). The request can be repeated. */
export class IdleConnectionClosed extends Error {}

export function post(url: string, body: string, headers: Record<string, string>): Promise<HttpReply> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: "POST", agent, headers, timeout: 30_000 }, (response) => {
      readText(response).then((text) => {
        if (!text.endsWith(terminator)) return reject(new Error("the reply was cut off"));
        const status = response.statusCode ?? 0;
        const error = response.headers["error-code"]?.toString() ?? null;
        const replies = text.split(terminator).slice(0, -1);
        resolve({ status, error, replies: replies.map((reply) => parseReply(reply, status, error)) });
      }, reject);
    });
    sent.on("timeout", () => sent.destroy(new Error("no answer within 30 s")));
    sent.on("error", (error: Error & { code?: string }) =>
      reject(sent.reusedSocket && error.code === "ECONNRESET" ? new IdleConnectionClosed() : error),
    );
    sent.end(body);
  });
}

/** Parses one reply. In a bulk answer each error code is part of the JSON; otherwise it is a header. */
function parseReply(text: string, status: number, error: string | null): Reply {
  const reply: { status: string; data: unknown; error?: string } = JSON.parse(text);
  if (reply.error === undefined) return { status, error, data: reply.data };
  return { status: reply.status === "OK" ? 200 : 400, error: reply.error, data: reply.data };
}
