import { createServer, IncomingMessage, type RequestListener, type Server, ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { getRequestListener, RequestError } from "@hono/node-server";
import { limits } from "../limits.ts";
import { type Answer, type Failure, failure, frameReply, httpStatusOf } from "../protocol/replies.ts";
import type { Language } from "../protocol/texts.ts";
import type { UpgradeParams } from "../shard-api/upgrade-params.ts";
import { logError } from "../storage/log.ts";
import { answerLine } from "../worker/command-route.ts";
import { lineOf } from "../worker/request-text.ts";
import { answerHeaders, headersFor, requestLanguage, respond } from "../worker/respond.ts";
import { handleRequest } from "../worker/routes.ts";
import type { RequestHead, WorkerDeps } from "../worker/worker-deps.ts";
import { noteIncoming } from "./client-address.ts";
import { readCommandBody } from "./command-body.ts";
import { compressPage } from "./compress-page.ts";
import type { UpgradeRequest } from "./live-sockets.ts";
import type { TlsKeyPair } from "./tls-files.ts";

/** Opens a live socket for a request. @returns why there is none; null: the request is answered */
export type OpenSocket = (upgrade: UpgradeRequest, shardName: string, params: UpgradeParams) => Promise<Failure | null>;

/** Serves the Worker's routes with `node:http`, or with TLS. */
export function createHttpServer(deps: WorkerDeps, openSocket: OpenSocket, tls: TlsKeyPair | null): Server {
  const route = getRequestListener(
    async (request, { incoming }) => {
      // The server speaks HTTP/1.1 only.
      if (incoming instanceof IncomingMessage) noteIncoming(request, incoming);
      return compressPage(request, await handleRequest(request, deps));
    },
    { overrideGlobalObjects: false, errorHandler },
  );
  const listener: RequestListener = (incoming, outgoing) => {
    lastResponses.set(incoming.socket, outgoing);
    if (!hasValidUrl(incoming)) writeAnswer(outgoing, failure("bad-request"), new IncomingHead(incoming));
    else if (isPlainCommand(incoming)) answerCommand(incoming, outgoing, deps);
    else void route(incoming, outgoing);
  };
  const server = tls ? createTlsServer({ ...options, ...tls }, listener) : createServer(options, listener);
  server.on("upgrade", (incoming: IncomingMessage, connection: Duplex, head: Buffer) => {
    connection.on("error", () => connection.destroy());
    answerUpgrade({ incoming, connection, head }, deps, openSocket).catch((error) => {
      logError("request-failed", error);
      connection.destroy();
    });
  });
  return server;
}

const options = {
  handshakeTimeout: limits.requestHeadersMs,
  headersTimeout: limits.requestHeadersMs,
  requestTimeout: limits.requestBodyMs,
  keepAliveTimeout: limits.keepAliveMs,
  connectionsCheckingInterval: limits.requestDeadlineCheckMs,
  maxHeaderSize: limits.requestHeadersMaxBytes,
  // As `Headers` does: two tokens are none.
  joinDuplicateHeaders: true,
  // Other upgrades, such as that to HTTP/2 of `curl --http2`, may be ignored (RFC 9110, section 7.8).
  shouldUpgradeCallback: ({ method, headers, socket }: IncomingMessage) =>
    method === "GET" && headers.upgrade?.toLowerCase() === "websocket" && isAnswered(socket),
};

/** The response to the newest request of each connection. */
const lastResponses = new WeakMap<Socket, ServerResponse>();

/**
 * Whether every request of a connection is answered. A reply to an earlier one would be written into the WebSocket, so an upgrade
 * behind it is ignored: it is answered as any request, in its turn.
 */
function isAnswered(connection: Socket): boolean {
  return lastResponses.get(connection)?.writableFinished ?? true;
}

/** Answers what the common way of requests has refused before any route saw it. */
function errorHandler(error: unknown): Response {
  if (error instanceof RequestError) return respond(failure("bad-request"), "id");
  logError("request-failed", error);
  return respond(failure("internal"), "id");
}

/**
 * Whether there is one host (RFC 9112, section 3.2) and nothing else in it, and a target in absolute form (RFC 9112, section 3.2.2) has no credentials. `Request`
 * refuses others by throwing.
 */
function hasValidUrl({ headers: { host }, rawHeaders, url = "" }: IncomingMessage): boolean {
  if (hasSeveralHosts(rawHeaders)) return false;
  if (host !== undefined && host !== lastValidHost) {
    const parsed = URL.parse(`http://${host}`);
    if (!parsed || parsed.href !== `http://${parsed.host}/`) return false;
    lastValidHost = host;
  }
  if (url.startsWith("/") || url === "*") return true;
  const target = URL.parse(url);
  return target !== null && target.username === "" && target.password === "";
}

/** `headers` has the first host only. Names and values take turns in `rawHeaders`. */
function hasSeveralHosts(rawHeaders: readonly string[]): boolean {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === "host") hosts++;
  }
  return hosts > 1;
}

/** Nearly all requests have the same host, so it is parsed once. */
let lastValidHost: string | undefined;

/**
 * Whether a request is a command whose body has a known and allowed length. Nearly every request is one, and the objects of the
 * Fetch standard would cost it as much as everything else. All others take the common way.
 */
function isPlainCommand({ method, url, headers }: IncomingMessage): boolean {
  const length = headers["content-length"];
  return (
    method === "POST" &&
    url === "/command" &&
    headers.host !== undefined &&
    length !== undefined &&
    Number(length) <= limits.bodyMaxBytes
  );
}

function answerCommand(incoming: IncomingMessage, outgoing: ServerResponse, deps: WorkerDeps): void {
  readCommandBody(incoming, Number(incoming.headers["content-length"]), (body) => {
    const head = new IncomingHead(incoming);
    // The rest of a refused body is not read.
    if ("error" in body) outgoing.shouldKeepAlive = false;
    answerLine("error" in body ? body : lineOf(body), head, deps)
      .then((answer) => writeAnswer(outgoing, answer, head))
      .catch((error) => {
        logError("request-failed", error);
        outgoing.destroy();
      });
  });
}

/** A class: V8 makes a hidden class for each object with a getter of its own, which only a full collection frees. */
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

function writeAnswer(outgoing: ServerResponse, answer: Answer, head: RequestHead): void {
  const language = requestLanguage(head);
  const headers = [...baseHeaders[language], ...Object.entries(answerHeaders(answer)).flat()];
  if (answer.kind === "stream") {
    outgoing.writeHead(httpStatusOf(answer), headers);
    // A stream that fails cuts the reply off before its terminator. A client that leaves cancels the stream.
    pipeline(answer.body, turnByTurn, outgoing).catch(() => {});
    return;
  }
  const body = frameReply(answer, language);
  headers.push("Content-Length", String(Buffer.byteLength(body)));
  outgoing.writeHead(httpStatusOf(answer), headers);
  outgoing.end(body);
}

/** Lets other requests run between two chunks: chunks that are ready would follow each other within one turn of the event loop. */
async function* turnByTurn(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    yield chunk;
    await nextTurn();
  }
}

/** The route decides: it opens the socket, or answers as to any request. */
async function answerUpgrade(upgrade: UpgradeRequest, deps: WorkerDeps, openSocket: OpenSocket): Promise<void> {
  const { incoming, connection } = upgrade;
  // It is a socket (Node documentation, "Event: 'upgrade'"); the event has detached it from the server.
  if (!(connection instanceof Socket)) throw new TypeError("the connection is no socket");
  const url = URL.parse(incoming.url ?? "", `http://${incoming.headers.host}`);
  let isOpen = false;
  const response =
    url && hasValidUrl(incoming)
      ? await handleRequest(new Request(url, { headers: headersOf(incoming) }), {
          ...deps,
          async openSocket(_, shardName, params) {
            const refused = await openSocket(upgrade, shardName, params);
            isOpen = refused === null;
            return refused ?? new Response();
          },
        })
      : respond(failure("bad-request"), requestLanguage(new IncomingHead(incoming)));
  if (isOpen) return;
  const outgoing = new ServerResponse(incoming);
  outgoing.shouldKeepAlive = false;
  outgoing.on("finish", () => connection.destroySoon());
  outgoing.assignSocket(connection);
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
