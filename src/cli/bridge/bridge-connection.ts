import { once } from "node:events";
import type { Socket } from "node:net";
import { limits } from "../../limits.ts";
import type { Language } from "../../protocol/texts.ts";
import { isObject, NoAnswer, ReplyTooLong, UnreadableReply } from "../client/command-reply.ts";
import type { Connection } from "../client/connection.ts";
import { type Dialect, sessionAfter, type TcpSession, type UpstreamRequest } from "./dialect.ts";
import { LineSplitter } from "./line-splitter.ts";
import { encodeReply, ownError, type TcpReply } from "./tcp-reply.ts";

export interface BridgeDeps {
  realm: Connection;
  dialect: Dialect;
  language: Language;
  acceptsLf: boolean;
  idleMs: number;
}

/**
 * One TCP client. Its requests are carried out one by one, so replies keep their order. While one runs, nothing more is read from
 * the client: a client that sends faster than the realm answers waits.
 */
export class BridgeConnection {
  readonly #socket: Socket;
  readonly #deps: BridgeDeps;
  readonly #lines: LineSplitter;
  #session: TcpSession | null = null;
  /** The account of the last token that came in a line. It logs nobody in. */
  #asked: TcpSession | null = null;
  #isStopping = false;
  #isBusy = false;
  #hasEnded = false;

  constructor(socket: Socket, deps: BridgeDeps) {
    this.#socket = socket;
    this.#deps = deps;
    this.#lines = new LineSplitter(deps.acceptsLf);
    // A reset by the client ends its connection and nothing else.
    socket.on("error", () => socket.destroy());
  }

  /** Serves until the client has ended. Never throws. */
  async serve(): Promise<void> {
    const idle = setTimeout(
      () => this.#isBusy || this.#end(ownError("connection-idle", this.#deps.language)),
      this.#deps.idleMs,
    );
    try {
      // The iterator must not destroy the socket, whose last replies may still be on their way.
      for await (const bytes of this.#socket.iterator({ destroyOnReturn: false })) {
        for (const line of this.#lines.push(bytes)) {
          if (line.length > limits.bodyMaxBytes) return await this.#endTooLong();
          this.#isBusy = true;
          await this.#carryOut(line);
          this.#isBusy = false;
          // Bytes alone keep no connection open: only a complete request does.
          idle.refresh();
          if (this.#isStopping) return this.#end(null);
        }
        if (this.#lines.pendingBytes > limits.bodyMaxBytes + 2) return await this.#endTooLong();
      }
      this.#end(this.#lines.pendingBytes > 0 ? ownError("incomplete-request", this.#deps.language) : null);
    } catch {
      this.#socket.destroy();
    } finally {
      clearTimeout(idle);
    }
  }

  /** Ends after the request that is being carried out. */
  stop(): void {
    this.#isStopping = true;
    if (!this.#isBusy) this.#end(null);
  }

  async #carryOut(line: Buffer): Promise<void> {
    const request = this.#deps.dialect.request(line, this.#session);
    await this.#write(await this.#replyTo(request));
  }

  async #replyTo(request: UpstreamRequest): Promise<TcpReply> {
    const { realm, dialect, language } = this.#deps;
    const { line, token } = request;
    try {
      // The realm drops one line end. The text of a message may end with another.
      const body = Buffer.concat([Buffer.from(line), Buffer.from("\r\n")]);
      const reply = await realm.command(body, { token, language, timeoutMs: limits.bridgeUpstreamMs });
      this.#session = sessionAfter(request, reply, this.#session);
      return await dialect.reply(request, reply, () => this.#addressOf(token));
    } catch (error) {
      if (error instanceof ReplyTooLong) return ownError("reply-too-large", language);
      if (!(error instanceof NoAnswer || error instanceof UnreadableReply)) throw error;
      return ownError("unavailable", language, { seconds: limits.retrySoonSeconds });
    }
  }

  /** The account of a token. A token of a line is asked for once, as long as the lines repeat it. */
  async #addressOf(token: string | null): Promise<string | null> {
    const known = [this.#session, this.#asked].find((each) => each !== null && each.token === token);
    if (token === null || known) return known?.user ?? null;
    const reply = await this.#deps.realm.command("whoami", { token, timeoutMs: limits.bridgeUpstreamMs });
    const user = isObject(reply.data) && typeof reply.data.user === "string" ? reply.data.user : null;
    this.#asked = { token, user };
    return user;
  }

  /** One write for each reply. A client that does not read it in time is cut off. */
  async #write(reply: TcpReply): Promise<void> {
    if (this.#socket.destroyed) throw new Error("the client has gone");
    if (this.#socket.write(encodeReply(reply))) return;
    await once(this.#socket, "drain", { signal: AbortSignal.timeout(limits.bridgeWriteMs) });
  }

  async #endTooLong(): Promise<void> {
    this.#end(ownError("body-too-large", this.#deps.language, { bytes: limits.bodyMaxBytes }));
  }

  /** Says why, and ends. What the client still sends is read for a moment, because a reset would take the reply away. */
  #end(reply: TcpReply | null): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    if (reply) this.#socket.write(encodeReply(reply));
    this.#socket.end();
    this.#socket.resume();
    setTimeout(() => this.#socket.destroy(), limits.discardMaxMs).unref();
  }
}
