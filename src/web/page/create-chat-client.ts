import { ChatClient } from "../chat/chat-client.ts";
import { postCommand } from "../chat/http-command.ts";
import { newIdempotencyKey } from "../chat/idempotency-key.ts";
import type { BrowserSocket, BrowserSocketHandlers } from "../chat/live-socket.ts";
import type { LoginSession } from "../chat/login-storage.ts";
import { tabStorage } from "./browser-storage.ts";
import { frames } from "./frame-scheduler.ts";

/** A client that uses this browser and connects to the origin of the page. */
export function createChatClient(session: LoginSession): ChatClient {
  const { token } = session;
  return new ChatClient(session, {
    openSocket,
    post: (command, signal) => postCommand(command, document.documentElement.lang, { token, signal }),
    isOnline: () => navigator.onLine,
    isVisible: () => document.visibilityState === "visible",
    nextFrame: (work) => frames.next(work),
    now: () => Date.now(),
    elapsed: () => performance.now(),
    random: () => Math.random(),
    newKey: newIdempotencyKey,
    storage: tabStorage,
  });
}

function openSocket(protocols: string[], handlers: BrowserSocketHandlers): BrowserSocket {
  const url = new URL("/live", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  url.hash = "";
  const socket = new WebSocket(url, protocols);
  socket.onopen = () => handlers.onOpen();
  socket.onmessage = ({ data }) => handlers.onMessage(String(data));
  socket.onclose = ({ code }) => handlers.onClose(code);
  return socket;
}
