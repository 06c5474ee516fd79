import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { limits } from "../../limits.ts";
import { replyTerminator } from "../../protocol/replies.ts";
import { type CommandReply, isObject, NoAnswer, parseDelivery, parseReplyBody, ReplyTooLong } from "./command-reply.ts";
import type { CommandOptions, Connection } from "./connection.ts";
import { lookupHost } from "./localhost-lookup.ts";

/**
 * A realm over plain TCP: a request ends with CRLF, a reply with CRLFCRLF. There is no token: `auth` logs the connection in.
 * Commands are answered in order, so a second one waits for the first.
 */
export class TcpConnection implements Connection {
  readonly #url: URL;
  #socket: Socket | null = null;
  #received = "";
  #last: Promise<unknown> = Promise.resolve();
  /** Resumes the reader of a reply when something has arrived or the connection has ended. */
  #wake: () => void = () => {};

  constructor(url: URL) {
    this.#url = url;
  }

  command(line: string | Uint8Array, options: CommandOptions): Promise<CommandReply> {
    const result = this.#last.then(() => this.#exchange(line, options.timeoutMs));
    this.#last = result.catch(() => {});
    return result;
  }

  /** Sends bytes as they are. @returns `count` replies with their terminators */
  async exchangeBytes(parts: readonly Uint8Array[], count: number, timeoutMs: number): Promise<string[]> {
    const socket = await this.#connected(timeoutMs);
    for (const part of parts) {
      if (!socket.write(part)) await once(socket, "drain", { signal: AbortSignal.timeout(timeoutMs) });
      // Each part becomes a segment of its own, if the system lets it.
      await new Promise((resolve) => setImmediate(resolve));
    }
    const replies: string[] = [];
    while (replies.length < count) replies.push(await this.#nextReply(socket, timeoutMs));
    return replies;
  }

  async #exchange(line: string | Uint8Array, timeoutMs: number): Promise<CommandReply> {
    const bytes = typeof line === "string" ? Buffer.from(line) : Buffer.from(line);
    const complete = bytes.subarray(-2).equals(Buffer.from("\r\n"))
      ? bytes
      : Buffer.concat([bytes, Buffer.from("\r\n")]);
    const [text = ""] = await this.exchangeBytes([complete], 1, timeoutMs);
    const reply = parseReplyBody(text);
    const delivery = isObject(reply.delivery) ? reply.delivery : {};
    return {
      ok: reply.status === "OK",
      data: reply.data,
      error: typeof reply.error === "string" ? reply.error : null,
      httpStatus: null,
      retryAfterSeconds: typeof reply.retryAfter === "number" ? reply.retryAfter : null,
      delivery: parseDelivery(delivery.id, delivery.state),
      text,
    };
  }

  async #connected(timeoutMs: number): Promise<Socket> {
    if (this.#socket && !this.#socket.destroyed) return this.#socket;
    const port = Number(this.#url.port || 8889);
    const host = this.#url.hostname.replace(/^\[|\]$/g, "");
    const socket = connect({ host, port, lookup: lookupHost, noDelay: true });
    try {
      await once(socket, "connect", { signal: AbortSignal.timeout(timeoutMs) });
    } catch (error) {
      socket.destroy();
      throw new NoAnswer((error as NodeJS.ErrnoException).code ?? "no connection", false);
    }
    this.#received = "";
    socket.setEncoding("utf8");
    socket.on("data", (text) => {
      this.#received += text;
      this.#wake();
    });
    socket.on("error", () => {});
    socket.on("close", () => this.#wake());
    this.#socket = socket;
    return socket;
  }

  async #nextReply(socket: Socket, timeoutMs: number): Promise<string> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      socket.destroy();
    }, timeoutMs);
    try {
      for (;;) {
        const end = this.#received.indexOf(replyTerminator);
        if (end >= 0) {
          const reply = this.#received.slice(0, end + replyTerminator.length);
          this.#received = this.#received.slice(reply.length);
          return reply;
        }
        if (this.#received.length > limits.cliReplyMaxBytes) throw new ReplyTooLong();
        if (isLate) throw new NoAnswer(`no answer within ${Math.round(timeoutMs / 1000)} s`, true);
        if (socket.destroyed) throw new NoAnswer("the connection has ended", true);
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = null;
  }
}
