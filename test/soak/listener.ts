import { tokenOf } from "../bench/bench-accounts.ts";
import type { Realm } from "./soak-fixture.ts";

export interface LiveReply {
  status: "OK" | "ERROR";
  data: unknown;
  error?: string;
}

/** A live socket that comes back after every cut, from the last message that it heard. */
export class Listener {
  readonly #realm: Realm;
  readonly #name: number;
  #socket: WebSocket | null = null;
  #closed = false;
  #cursor = 0;
  /** Who waits for a reply, in the order of their commands. */
  #waiting: ((reply: LiveReply | null) => void)[] = [];
  /** Ids that came out of turn: each has to be one more than the one before. */
  readonly faults: string[] = [];

  constructor(realm: Realm, name: number) {
    this.#realm = realm;
    this.#name = name;
    this.#open();
  }

  get cursor(): number {
    return this.#cursor;
  }

  get realm(): Realm {
    return this.#realm;
  }

  get name(): number {
    return this.#name;
  }

  /** Sends a command. @returns its reply, or null: the socket is not open just now, or was cut before it came */
  async say(line: string): Promise<LiveReply | null> {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return null;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      socket.send(line);
    });
  }

  close(): void {
    this.#closed = true;
    this.#socket?.close();
  }

  #open(): void {
    if (this.#closed) return;
    const url = `${this.#realm.server.url.replace("http", "ws")}/live?after=${this.#cursor}`;
    const socket = new WebSocket(url, ["ranah", tokenOf(this.#name)]);
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const frame = JSON.parse(String(data));
      if ("status" in frame) return this.#waiting.shift()?.(frame);
      if (frame.event !== "message") return;
      const { id } = frame.data;
      if (id !== this.#cursor + 1)
        this.faults.push(`${this.#name}@${this.#realm.name} heard ${id} after ${this.#cursor}`);
      this.#cursor = id;
    });
    // An error is followed by a close.
    socket.addEventListener("error", () => {});
    socket.addEventListener("close", () => {
      for (const resolve of this.#waiting.splice(0)) resolve(null);
      setTimeout(() => this.#open(), 100);
    });
  }
}
