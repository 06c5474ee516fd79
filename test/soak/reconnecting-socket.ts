import { tokenOf } from "../bench/bench-accounts.ts";
import type { RestartingRealm } from "./restarting-realm.ts";

export interface LiveReply {
  status: "OK" | "ERROR";
  data: unknown;
  error?: string;
}

/** A live socket that reconnects after every cut and resumes after the last received message. */
export class ReconnectingSocket {
  readonly realm: RestartingRealm;
  readonly account: number;
  /** Message ids that did not follow the previous one. */
  readonly problems: string[] = [];
  #socket: WebSocket | null = null;
  #isClosed = false;
  #lastMessageId = 0;
  /** Commands without a reply, in the order of sending. */
  #pending: ((reply: LiveReply | null) => void)[] = [];

  constructor(realm: RestartingRealm, account: number) {
    this.realm = realm;
    this.account = account;
    this.#open();
  }

  get lastMessageId(): number {
    return this.#lastMessageId;
  }

  /** Sends a command. @returns its reply, or null if the socket is closed or closes before the reply */
  async command(line: string): Promise<LiveReply | null> {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return null;
    return new Promise((resolve) => {
      this.#pending.push(resolve);
      socket.send(line);
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#socket?.close();
  }

  #open(): void {
    if (this.#isClosed) return;
    const url = `${this.realm.server.url.replace("http", "ws")}/live?after=${this.#lastMessageId}`;
    const socket = new WebSocket(url, ["ranah", tokenOf(this.account)]);
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const frame = JSON.parse(String(data));
      if ("status" in frame) return this.#pending.shift()?.(frame);
      if (frame.event === "ping") socket.send(`pong ${frame.data.word}`);
      if (frame.event !== "message") return;
      const { id } = frame.data;
      if (id !== this.#lastMessageId + 1) {
        this.problems.push(`${this.account}@${this.realm.name} received ${id} after ${this.#lastMessageId}`);
      }
      this.#lastMessageId = id;
    });
    // A close event follows every error event.
    socket.addEventListener("error", () => {});
    socket.addEventListener("close", () => {
      for (const resolve of this.#pending.splice(0)) resolve(null);
      setTimeout(() => this.#open(), 100);
    });
  }
}
