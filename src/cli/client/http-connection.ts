import type { Agent, IncomingHttpHeaders, IncomingMessage, RequestOptions } from "node:http";
import { limits } from "../../limits.ts";
import {
  type CommandReply,
  NoAnswer,
  parseDelivery,
  parseReplyBody,
  ReplyTooLong,
  UnreadableReply,
} from "./command-reply.ts";
import type { CommandOptions, Connection } from "./connection.ts";
import { lookupHost } from "./localhost-lookup.ts";

// An import of node:http also loads Node's WebSocket, because it is one of its exports. This takes a third of the time of a send.
const http = process.getBuiltinModule("node:http");

export interface HttpRequest {
  method: string;
  path: string;
  body?: string | Uint8Array | undefined;
  headers?: Record<string, string>;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

export interface HttpResponse {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/**
 * A realm over HTTP. `node:http` and not `fetch`: only it takes a lookup function, says whether a connection was made, and it
 * starts faster.
 */
export class HttpConnection implements Connection {
  readonly origin: URL;
  readonly #agent: Agent;
  readonly #target: RequestOptions;
  /** When a connection exists. Before it, the server cannot have got anything. */
  readonly #connectEvent: "connect" | "secureConnect";
  readonly #send: typeof http.request;
  readonly #maxBytes: number;

  constructor(origin: URL, maxReplyBytes: number = limits.cliReplyMaxBytes) {
    this.origin = origin;
    this.#maxBytes = maxReplyBytes;
    const isSecure = origin.protocol === "https:";
    const settings = { keepAlive: true, lookup: lookupHost, maxSockets: limits.bridgeConnectionsMax };
    const protocol = isSecure ? process.getBuiltinModule("node:https") : http;
    this.#agent = new protocol.Agent(settings);
    this.#send = protocol.request;
    this.#connectEvent = isSecure ? "secureConnect" : "connect";
    const hostname = origin.hostname.replace(/^\[|\]$/g, "");
    this.#target = { agent: this.#agent, protocol: origin.protocol, hostname, port: origin.port };
  }

  async command(line: string | Uint8Array, options: CommandOptions): Promise<CommandReply> {
    const { status, headers, body } = await this.request({
      method: "POST",
      path: "/command",
      body: line,
      headers: {
        "content-type": "text/plain; charset=utf-8",
        "accept-language": options.language ?? "id",
        ...(options.token && { authorization: `Bearer ${options.token}` }),
      },
      timeoutMs: options.timeoutMs,
      signal: options.signal,
    });
    if (status >= 300 && status < 400) throw new UnreadableReply(`the server redirects to ${headers.location ?? "?"}`);
    // Something before the server, such as a proxy, has answered in its place.
    if (status >= 500 && !body.startsWith("{")) throw new UnreadableReply(`HTTP status ${status}`, true);
    const reply = parseReplyBody(body);
    const retryAfter = Number(headers["retry-after"] ?? Number.NaN);
    return {
      ok: reply.status === "OK",
      data: reply.data,
      error: typeof headers["error-code"] === "string" ? headers["error-code"] : null,
      httpStatus: status,
      retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : null,
      delivery: parseDelivery(headers["message-id"], headers["delivery-state"]),
      text: body,
    };
  }

  /** One request, whatever it is answered. A redirect is not followed, because the token would go with it. */
  request(options: HttpRequest): Promise<HttpResponse> {
    const body = typeof options.body === "string" ? Buffer.from(options.body) : options.body;
    const headers = { ...options.headers, ...(body && { "content-length": String(body.length) }) };
    const { method, path, signal, timeoutMs } = options;
    return new Promise((resolve, reject) => {
      let isConnected = false;
      let isLate = false;
      const sent = this.#send({ ...this.#target, method, path, headers, signal }, (response) => {
        readBody(response, this.#maxBytes)
          .then((text) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }), reject)
          .finally(() => clearTimeout(timer));
      });
      const timer = setTimeout(() => {
        isLate = true;
        sent.destroy();
      }, timeoutMs);
      sent.on("socket", (socket) => {
        if (sent.reusedSocket) isConnected = true;
        else socket.once(this.#connectEvent, () => (isConnected = true));
      });
      sent.on("error", (error: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        const ended = isLate ? `no answer within ${Math.round(timeoutMs / 1000)} s` : reasonOf(error);
        reject(new NoAnswer(signal?.aborted ? "the request was given up" : ended, isConnected));
      });
      sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

async function readBody(response: IncomingMessage, maxBytes: number): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of response) {
      size += part.length;
      if (size > maxBytes) throw new ReplyTooLong();
      parts.push(part);
    }
  } catch (error) {
    if (error instanceof UnreadableReply) throw error;
    throw new NoAnswer("the connection ended in the middle of the reply", true);
  }
  return Buffer.concat(parts).toString();
}

/** The cause of a failed connection in a word of the system, such as ECONNREFUSED. */
function reasonOf(error: NodeJS.ErrnoException): string {
  return error.code ?? error.message;
}
