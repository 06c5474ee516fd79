import { once } from "node:events";
import { WebSocket } from "ws";

/** Opens a live socket whose client reads nothing until it resumes it. It still sends, and never answers a close while it is paused. */
export async function openDeafSocket(url: URL, token: string, after?: number): Promise<WebSocket> {
  const address = new URL("/live", url);
  address.protocol = "ws:";
  if (after !== undefined) address.searchParams.set("after", String(after));
  const socket = new WebSocket(String(address), ["ranah", token]);
  await once(socket, "open");
  socket.pause();
  socket.on("error", () => {});
  return socket;
}
