import { tokenOf } from "../bench/people.ts";
import type { Realm } from "./world.ts";

/** A live socket that comes back after every cut, from the last message that it heard. */
export class Listener {
  readonly #realm: Realm;
  readonly #name: number;
  #socket: WebSocket | null = null;
  #closed = false;
  #cursor = 0;
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

  /** Sends a command, should the socket be open just now. */
  say(line: string): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(line);
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
      if (frame.event !== "message") return;
      const { id } = frame.data;
      if (id !== this.#cursor + 1)
        this.faults.push(`${this.#name}@${this.#realm.name} heard ${id} after ${this.#cursor}`);
      this.#cursor = id;
    });
    // An error is followed by a close.
    socket.addEventListener("error", () => {});
    socket.addEventListener("close", () => setTimeout(() => this.#open(), 100));
  }
}
