import { ChatClient } from "../chat/chat-client.ts";
import { postCommand } from "../chat/http-command.ts";
import { newIdempotencyKey } from "../chat/idempotency-key.ts";
import type { BrowserSocket, BrowserSocketHandlers } from "../chat/live-connection.ts";
import type { LoginSession } from "../chat/login-storage.ts";

/** A client that uses this browser and connects to the origin of the page. */
export function createChatClient(session: LoginSession): ChatClient {
  const { token } = session;
  return new ChatClient(session, {
    openSocket,
    isSessionEnded: async () => {
      const reply = await postCommand("whoami", "id", token).catch(() => null);
      return reply?.error === "session-ended";
    },
    post: (command) => postCommand(command, document.documentElement.lang, token),
    now: () => Date.now(),
    random: () => Math.random(),
    newKey: newIdempotencyKey,
    storage: sessionStorage,
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
