import { createServer, type IncomingMessage, type RequestListener, type Server, ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Duplex } from "node:stream";
import { getRequestListener, RequestError } from "@hono/node-server";
import { limits } from "../limits.ts";
import { type Answer, failure, frameReply, httpStatusOf } from "../protocol/replies.ts";
import { type Language, languageOf } from "../protocol/texts.ts";
import { logError } from "../storage/log.ts";
import { answerLine } from "../worker/command-route.ts";
import { lineOf } from "../worker/request-text.ts";
import { answerHeaders, headersFor, respond } from "../worker/respond.ts";
import { handleRequest } from "../worker/routes.ts";
import type { RequestHead, WorkerDeps } from "../worker/worker-deps.ts";
import { compressPage } from "./compress-page.ts";
import type { LiveSocketServer, UpgradeRequest } from "./live-sockets.ts";
import type { TlsKeyPair } from "./tls-files.ts";

/** Serves the Worker's routes with `node:http`, or with TLS. */
export function createHttpServer(deps: WorkerDeps, sockets: LiveSocketServer, tls: TlsKeyPair | null): Server {
  const route = getRequestListener(async (request) => compressPage(request, await handleRequest(request, deps)), {
    overrideGlobalObjects: false,
    errorHandler,
  });
  const listener: RequestListener = (incoming, outgoing) =>
    isPlainCommand(incoming) ? answerCommand(incoming, outgoing, deps) : void route(incoming, outgoing);
  const server = tls ? createTlsServer({ ...deadlines, ...tls }, listener) : createServer(deadlines, listener);
  server.on("upgrade", (incoming: IncomingMessage, connection: Duplex, head: Buffer) => {
    connection.on("error", () => connection.destroy());
    // The scheme matters to no route.
    const origin = `${tls ? "https" : "http"}://${incoming.headers.host ?? "localhost"}`;
    void answerUpgrade({ incoming, connection, head }, origin, deps, sockets);
  });
  return server;
}

/** Answers a request that has no valid URL, before any route sees it; and logs what is no fault of the client. */
function errorHandler(error: unknown): Response {
  if (error instanceof RequestError) return respond(failure("bad-request"), "id");
  logError("request-failed", error);
  return respond(failure("internal"), "id");
}

const deadlines = {
  headersTimeout: limits.requestHeadersMs,
  requestTimeout: limits.requestBodyMs,
  keepAliveTimeout: limits.keepAliveMs,
  connectionsCheckingInterval: limits.retrySoonSeconds * 1000,
  maxHeaderSize: limits.requestHeadersMaxBytes,
  // Other upgrades, such as that to HTTP/2 of `curl --http2`, may be ignored (RFC 9110, section 7.8).
  shouldUpgradeCallback: ({ method, headers }: IncomingMessage) =>
    method === "GET" && headers.upgrade?.toLowerCase() === "websocket",
};

/**
 * Whether a request is a command whose body has a known and allowed length. Nearly every request is one, and `Request` and
 * `Response` would cost it as much as everything else. All others take the common way.
 */
function isPlainCommand({ method, url, headers }: IncomingMessage): boolean {
  const length = headers["content-length"];
  return (
    method === "POST" &&
    url === "/command" &&
    length !== undefined &&
    Number(length) <= limits.bodyMaxBytes &&
    headers.host !== undefined &&
    plainHost.test(headers.host)
  );
}

/** Host names, IPv4 and IPv6 addresses, with or without a port. The rest is left to the URL parser. */
const plainHost = /^(?:[\w.-]+|\[[\da-fA-F:.]+\])(?::\d{1,5})?$/;

function answerCommand(incoming: IncomingMessage, outgoing: ServerResponse, deps: WorkerDeps): void {
  const parts: Buffer[] = [];
  incoming.on("data", (part: Buffer) => parts.push(part));
  // A client that breaks off gets no answer, and its command is not executed.
  incoming.on("error", () => {});
  incoming.on("end", () => {
    const [only] = parts;
    const body = parts.length === 1 && only ? only : Buffer.concat(parts);
    const head = new IncomingHead(incoming);
    const language = languageOf(head.headers.get("accept-language"));
    void answerLine(lineOf(body), head, deps).then((answer) => writeAnswer(outgoing, answer, language));
  });
}

class IncomingHead implements RequestHead {
  readonly headers: RequestHead["headers"];
  readonly #incoming: IncomingMessage;

  constructor(incoming: IncomingMessage) {
    this.#incoming = incoming;
    this.headers = {
      get(name) {
        const value = incoming.headers[name];
        return typeof value === "string" ? value : null;
      },
    };
  }

  get url(): string {
    return `http://${this.#incoming.headers.host}${this.#incoming.url}`;
  }
}

/** The headers of every reply in the form in which `writeHead` copies nothing. */
const baseHeaders: Record<Language, readonly string[]> = {
  id: Object.entries(headersFor("id", "application/json")).flat(),
  en: Object.entries(headersFor("en", "application/json")).flat(),
};

function writeAnswer(outgoing: ServerResponse, answer: Answer, language: Language): void {
  const added = Object.entries(answerHeaders(answer)).flat();
  const headers = [...baseHeaders[language], ...added];
  if (answer.kind === "stream") {
    outgoing.writeHead(httpStatusOf(answer), headers);
    void writeStream(outgoing, answer.body);
    return;
  }
  const body = frameReply(answer, language);
  headers.push("Content-Length", String(Buffer.byteLength(body)));
  outgoing.writeHead(httpStatusOf(answer), headers);
  outgoing.end(body);
}

/** Writes a stream as fast as its client reads it. A stream that fails cuts the reply off before its terminator. */
async function writeStream(outgoing: ServerResponse, body: ReadableStream<Uint8Array>): Promise<void> {
  const reader = body.getReader();
  outgoing.on("close", () => void reader.cancel().catch(() => {}));
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (!outgoing.write(value)) await drained(outgoing);
    }
    outgoing.end();
  } catch {
    outgoing.destroy();
  }
}

/** Resolves when more can be written, or when the connection is closed. */
function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      outgoing.off("drain", done);
      outgoing.off("close", done);
      resolve();
    };
    outgoing.on("drain", done);
    outgoing.on("close", done);
    if (outgoing.destroyed) done();
  });
}

/** The route decides: it accepts the socket (`WorkerDeps.openSocket`), or answers as to any request. */
async function answerUpgrade(
  upgrade: UpgradeRequest,
  origin: string,
  deps: WorkerDeps,
  sockets: LiveSocketServer,
): Promise<void> {
  const { incoming, connection } = upgrade;
  const url = URL.parse(incoming.url ?? "", origin);
  if (!url) return void connection.destroy();
  const request = new Request(url, { headers: headersOf(incoming) });
  sockets.offer(request, upgrade);
  const response = await handleRequest(request, deps);
  if (sockets.isAccepted(request)) return;
  const outgoing = new ServerResponse(incoming);
  outgoing.shouldKeepAlive = false;
  // `upgrade` has detached the connection from the server; it is a socket all the same (Node documentation, "Event: 'upgrade'").
  outgoing.assignSocket(connection as never);
  outgoing.on("finish", () => connection.end());
  outgoing.writeHead(response.status, [...response.headers].flat());
  outgoing.end(await response.text());
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    headers.append(rawHeaders[index] ?? "", rawHeaders[index + 1] ?? "");
  }
  return headers;
}
