import { expect } from "vitest";

interface Frame {
  status?: "OK" | "ERROR";
  event?: string;
  data: never;
  error?: string;
  delivery?: { id: number; state: string; thread?: number };
}

/** A live socket and everything it has heard. */
export interface LiveSocket {
  readonly frames: Frame[];
  /** The code it was closed with; null while it is open. */
  closedWith(): number | null;
  /** The server has begun to close it; the connection itself may take its time. */
  isClosing(): boolean;
  send(line: string | Uint8Array<ArrayBuffer>): void;
  /** Sends a command and resolves with its reply; for use where no other reply is awaited. */
  ask(line: string): Promise<Frame>;
  replies(): Frame[];
  events(name: string): Frame[];
  close(): void;
}

/** @param after tells what came after that message; left out: only what comes from now on */
export async function openLive(url: URL, token: string, after?: number): Promise<LiveSocket> {
  const address = new URL("/live", url);
  address.protocol = "ws:";
  if (after !== undefined) address.searchParams.set("after", String(after));
  const socket = new WebSocket(String(address), ["ranah", token]);
  const frames: Frame[] = [];
  let closed: number | null = null;
  socket.addEventListener("message", ({ data }) => frames.push(JSON.parse(String(data))));
  socket.addEventListener("close", ({ code }) => {
    closed = code;
  });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve());
    socket.addEventListener("error", () => reject(new Error("the socket was refused")));
  });
  expect(socket.protocol).toBe("ranah");
  const replies = () => frames.filter((frame) => frame.status !== undefined);
  return {
    frames,
    replies,
    closedWith: () => closed,
    isClosing: () => socket.readyState >= WebSocket.CLOSING,
    send: (line) => socket.send(line),
    async ask(line) {
      const before = replies().length;
      socket.send(line);
      await expect.poll(() => replies().length, { timeout: 10_000 }).toBe(before + 1);
      return replies()[before] as Frame;
    },
    events: (name) => frames.filter((frame) => frame.event === name),
    close: () => socket.close(),
  };
}
