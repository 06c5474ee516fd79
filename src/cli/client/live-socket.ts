import type { WebSocket } from "ws";
import { limits } from "../../limits.ts";
import { pingFrame, subprotocol } from "../../protocol/events.ts";
import type { Language } from "../../protocol/texts.ts";
import { isObject } from "./command-reply.ts";
import { lookupHost } from "./localhost-lookup.ts";

/** A frame of a live socket: an event, or a reply. */
export type Frame = Record<string, unknown>;

export interface LiveHandlers {
  frame(frame: Frame): void;
  /** Called once, with the close code; 1006 if the connection broke. */
  closed(code: number): void;
}

export interface LiveOptions {
  origin: URL;
  token: string;
  language: Language;
  after?: number | undefined;
  timeoutMs: number;
}

/**
 * The live socket of a session. It answers the server's event `ping`, and pings the server itself: a line that has died without
 * a sign closes with 1006. `ws` and not Node's `WebSocket`: only it takes a lookup function and a time-out for the handshake.
 */
export class LiveSocket {
  readonly #socket: WebSocket;
  readonly #handlers: LiveHandlers;
  #heartbeat: NodeJS.Timeout | undefined;
  #isAlive = true;

  private constructor(socket: WebSocket, handlers: LiveHandlers) {
    this.#socket = socket;
    this.#handlers = handlers;
    socket.on("message", (data, isBinary) => {
      this.#isAlive = true;
      if (!isBinary) this.#receive(String(data));
    });
    socket.on("close", (code) => {
      clearInterval(this.#heartbeat);
      handlers.closed(code);
    });
    this.#heartbeat = setInterval(() => this.#beat(), limits.cliHeartbeatMs);
  }

  /** @returns null if the server has refused the socket or cannot be reached; a command says why */
  static async open(
    { origin, token, language, after, timeoutMs }: LiveOptions,
    handlers: LiveHandlers,
  ): Promise<LiveSocket | null> {
    // Only commands that follow pay for loading it.
    const { WebSocket } = await import("ws");
    const url = new URL("/live", origin);
    url.protocol = origin.protocol === "https:" ? "wss:" : "ws:";
    if (after !== undefined) url.searchParams.set("after", String(after));
    const socket = new WebSocket(String(url), [subprotocol, token], {
      lookup: lookupHost,
      handshakeTimeout: timeoutMs,
      maxPayload: limits.cliReplyMaxBytes,
      perMessageDeflate: false,
      headers: { "accept-language": language },
    });
    return new Promise<LiveSocket | null>((resolve) => {
      socket.on("error", () => resolve(null));
      socket.once("open", () => resolve(new LiveSocket(socket, handlers)));
    });
  }

  send(line: string | Uint8Array): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(line);
  }

  close(): void {
    clearInterval(this.#heartbeat);
    this.#socket.close(1000);
    // A server that does not answer the closing handshake must not keep the program.
    setTimeout(() => this.#socket.terminate(), limits.closeGraceMs).unref();
  }

  #receive(text: string): void {
    const frame = parseFrame(text);
    if (!frame) return;
    this.#handlers.frame(frame);
    // Answered after everything before it has been handled: the server learns how far this client has read.
    if (frame.event === "ping" && isObject(frame.data)) this.send(`pong ${String(frame.data.word)}`);
  }

  #beat(): void {
    if (this.#isAlive) this.send(pingFrame);
    else this.#socket.terminate();
    this.#isAlive = false;
  }
}

function parseFrame(text: string): Frame | null {
  try {
    const frame: unknown = JSON.parse(text);
    return isObject(frame) ? frame : null;
  } catch {
    return null;
  }
}
