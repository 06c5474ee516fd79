import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A program that speaks plain TCP, as `nc` does. */
export class TcpClient {
  readonly socket: Socket;
  /** Complete replies, without their terminators. */
  readonly texts: string[] = [];
  /** The bytes of each segment that has arrived. */
  readonly segments: Buffer[] = [];
  #rest = "";
  #wake: () => void = () => {};

  constructor(port: number) {
    this.socket = connect(port, "127.0.0.1");
    this.socket.on("data", (bytes) => {
      this.segments.push(bytes);
      const parts = (this.#rest + bytes.toString("latin1")).split("\r\n\r\n");
      this.#rest = parts.pop() ?? "";
      this.texts.push(...parts);
      this.#wake();
    });
    this.socket.on("error", () => {});
    this.socket.on("close", () => this.#wake());
    onTestFinished(() => void this.socket.destroy());
  }

  write(text: string | Uint8Array): void {
    this.socket.write(text);
  }

  /** Waits for so many replies since the beginning. @returns all of them, parsed */
  async replies(count: number): Promise<TcpReply[]> {
    while (this.texts.length < count) {
      if (this.socket.destroyed) throw new Error("the connection has ended");
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.texts.map((text) => JSON.parse(text));
  }

  /** Sends requests and waits for their replies. */
  async ask(...lines: string[]): Promise<TcpReply[]> {
    const before = this.texts.length;
    this.write(lines.map((line) => `${line}\r\n`).join(""));
    return (await this.replies(before + lines.length)).slice(before);
  }

  async closed(): Promise<void> {
    if (!this.socket.destroyed) await once(this.socket, "close");
  }
}

export interface TcpReply {
  status: "OK" | "ERROR";
  data: never;
  error?: string;
  delivery?: { id: number; state: string };
  message?: string;
  messages?: unknown;
  tokenid?: string;
  token_id?: string;
  realm_id?: string;
}
