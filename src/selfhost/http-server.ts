import { createServer, IncomingMessage, type RequestListener, type Server, ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { getRequestListener, RequestError } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { limits } from "../limits.ts";
import { type Answer, type Failure, failure, frameReply, httpStatusOf } from "../protocol/replies.ts";
import type { Language } from "../protocol/texts.ts";
import { isAscii } from "../protocol/utf8-length.ts";
import type { UpgradeParams } from "../shard-api/upgrade-params.ts";
import { logError } from "../storage/log.ts";
import { answerLine } from "../worker/command-route.ts";
import { hostOfUrl, parseHost } from "../worker/headers/host.ts";
import { lineOfBytes } from "../worker/request-text.ts";
import { answerHeaders, headersFor, requestLanguage, respond } from "../worker/respond.ts";
import { handleRequest } from "../worker/routes.ts";
import type { RequestHead, WorkerDeps } from "../worker/worker-deps.ts";
import type { ClientAddresses } from "./client-addresses.ts";
import { readCommandBody } from "./command-body.ts";
import { compressPage } from "./compress-page.ts";
import { IncomingHead } from "./incoming-head.ts";
import type { UpgradeRequest } from "./live-sockets.ts";
import type { TlsKeyPair } from "./tls-files.ts";

/** Opens a live socket for a request. @returns why there is none; null: the request is answered */
export type OpenSocket = (upgrade: UpgradeRequest, shardName: string, params: UpgradeParams) => Promise<Failure | null>;

export interface HttpServerOptions {
  deps: WorkerDeps;
  clients: ClientAddresses;
  openSocket: OpenSocket;
  tls: TlsKeyPair | null;
}

/** Serves the Worker's routes with `node:http`, or with TLS. */
export function createHttpServer({ deps, clients, openSocket, tls }: HttpServerOptions): Server {
  const route = getRequestListener(
    async (request, { incoming, outgoing }) => {
      // The server speaks HTTP/1.1 only.
      if (!(incoming instanceof IncomingMessage) || !(outgoing instanceof ServerResponse))
        throw new TypeError("HTTP/2");
      clients.note(request, incoming);
      const response = await handleRequest(request, deps);
      const isStream = commandPaths.test(incoming.url ?? "") && !response.headers.has("content-length");
      if (!isStream || !response.body) return compressPage(request, response);
      outgoing.writeHead(response.status, [...response.headers].flat());
      writeStream(response.body, outgoing);
      return RESPONSE_ALREADY_SENT;
    },
    { overrideGlobalObjects: false, errorHandler },
  );
  const scheme = tls ? "https" : "http";
  const listener: RequestListener = (incoming, outgoing) => {
    lastResponses.set(incoming.socket, outgoing);
    const head = new IncomingHead(incoming, scheme);
    if (!hasValidUrl(incoming)) writeAnswer(outgoing, failure("bad-request"), head);
    else if (isPlainCommand(incoming)) answerCommand(head, outgoing, deps);
    else void route(incoming, outgoing);
  };
  const server = tls ? createTlsServer({ ...options, ...tls }, listener) : createServer(options, listener);
  server.on("upgrade", (incoming: IncomingMessage, connection: Duplex, firstBytes: Buffer) => {
    connection.on("error", () => connection.destroy());
    const upgrade = { incoming, connection, head: firstBytes };
    const request = new IncomingHead(incoming, scheme);
    const clientOf = () => deps.clientOf(request);
    answerUpgrade(upgrade, request, { ...deps, clientOf }, openSocket).catch((error) => {
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

/** `POST /command` and `POST /commands`: their replies may be long streams that are broken off. */
const commandPaths = /^\/commands?(?:[?]|$)/;

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

/** Whether there is one host (RFC 9112, section 3.2), and a URL can be made of `Host` and of the target, which may be in absolute form (RFC 9112, section 3.2.2). */
function hasValidUrl({ headers: { host }, rawHeaders, url = "" }: IncomingMessage): boolean {
  if (hasSeveralHosts(rawHeaders)) return false;
  if (host !== undefined && !parseHost(host)) return false;
  return url.startsWith("/") || url === "*" || (URL.canParse(url) && hostOfUrl(url) !== null);
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
    headers["content-encoding"] === undefined &&
    length !== undefined &&
    Number(length) <= limits.bodyMaxBytes
  );
}

function answerCommand(head: IncomingHead, outgoing: ServerResponse, deps: WorkerDeps): void {
  const { incoming } = head;
  const length = Number(incoming.headers["content-length"]);
  readCommandBody(
    incoming,
    length,
    () => deps.clientOf(head),
    (body) => {
      // The rest of a refused body is not read.
      if ("error" in body) outgoing.shouldKeepAlive = false;
      answerLine("error" in body ? body : lineOfBytes(body), head, deps)
        .then((answer) => writeAnswer(outgoing, answer, head))
        .catch((error) => {
          logError("request-failed", error);
          outgoing.destroy();
        });
    },
  );
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
    writeStream(answer.body, outgoing);
    return;
  }
  const body = frameReply(answer, language);
  // Node writes Latin-1 with the head in one piece, and faster.
  const encoding = isAscii(body) ? "latin1" : "utf8";
  headers.push("Content-Length", String(Buffer.byteLength(body, encoding)));
  outgoing.writeHead(httpStatusOf(answer), headers);
  outgoing.end(body, encoding);
}

/** A stream that fails cuts the reply off before its terminator, and says so to nobody else. A client that leaves cancels the stream. */
function writeStream(body: ReadableStream<Uint8Array>, outgoing: ServerResponse): void {
  pipeline(body, turnByTurn, outgoing).catch(() => {});
}

/** Lets other requests run between two chunks: chunks that are ready would follow each other within one turn of the event loop. */
async function* turnByTurn(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    yield chunk;
    await nextTurn();
  }
}

/** The route decides: it opens the socket, or answers as to any request. */
async function answerUpgrade(
  upgrade: UpgradeRequest,
  head: RequestHead,
  deps: WorkerDeps,
  openSocket: OpenSocket,
): Promise<void> {
  const { incoming, connection } = upgrade;
  // It is a socket (Node documentation, "Event: 'upgrade'"); the event has detached it from the server.
  if (!(connection instanceof Socket)) throw new TypeError("the connection is no socket");
  let isOpen = false;
  const response =
    hasValidUrl(incoming) && URL.canParse(head.url)
      ? await handleRequest(new Request(head.url, { headers: headersOf(incoming) }), {
          ...deps,
          async openSocket(_, shardName, params) {
            const refused = await openSocket(upgrade, shardName, params);
            isOpen = refused === null;
            return refused ?? new Response();
          },
        })
      : respond(failure("bad-request"), requestLanguage(head));
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
