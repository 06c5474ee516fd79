import { expect } from "vitest";

interface Frame {
  status?: "OK" | "ERROR";
  event?: string;
  data: never;
  error?: string;
  delivery?: { id: number; state: string; thread?: number };
}

/** A live socket and every frame that it has received. */
export interface LiveSocket {
  readonly frames: Frame[];
  /** Calls `listener` for each frame from now on. */
  onFrame(listener: (frame: Frame) => void): void;
  /** The close code, or null while the socket is open. */
  closeCode(): number | null;
  closeReason(): string;
  /** Whether the closing handshake has begun. The connection may stay open a little longer. */
  isClosing(): boolean;
  send(line: string | Uint8Array<ArrayBuffer>): void;
  /** Sends a command and resolves with its reply. No other reply may be pending. */
  command(line: string): Promise<Frame>;
  replies(): Frame[];
  events(name: string): Frame[];
  close(): void;
}

/**
 * Opens a live socket that acknowledges what it receives.
 *
 * @param after replays the messages after this id; without it the socket receives new messages only
 */
export async function openLive(url: URL, token: string, after?: number): Promise<LiveSocket> {
  const live = await openSimpleLive(url, token, after);
  live.onFrame(({ event, data }) => {
    if (event === "ping") live.send(`pong ${(data as { word: string }).word}`);
  });
  return live;
}

/** The same for a client that does not know pings. */
export async function openSimpleLive(url: URL, token: string, after?: number): Promise<LiveSocket> {
  const address = new URL("/live", url);
  address.protocol = "ws:";
  if (after !== undefined) address.searchParams.set("after", String(after));
  const socket = new WebSocket(String(address), ["ranah", token]);
  const frames: Frame[] = [];
  let closed: number | null = null;
  let closeReason = "";
  let onFrame = (_frame: Frame) => {};
  socket.addEventListener("message", ({ data }) => {
    const frame: Frame = JSON.parse(String(data));
    frames.push(frame);
    onFrame(frame);
  });
  socket.addEventListener("close", ({ code, reason }) => {
    closed = code;
    closeReason = reason;
  });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve());
    socket.addEventListener("error", () => reject(new Error("the server rejected the socket")));
  });
  expect(socket.protocol).toBe("ranah");
  const replies = () => frames.filter((frame) => frame.status !== undefined);
  return {
    frames,
    replies,
    onFrame: (listener) => {
      onFrame = listener;
    },
    closeCode: () => closed,
    closeReason: () => closeReason,
    isClosing: () => socket.readyState >= WebSocket.CLOSING,
    send: (line) => socket.send(line),
    async command(line) {
      const before = replies().length;
      socket.send(line);
      await expect.poll(() => replies().length, { timeout: 10_000 }).toBe(before + 1);
      return replies()[before] as Frame;
    },
    events: (name) => frames.filter((frame) => frame.event === name),
    close: () => socket.close(),
  };
}
