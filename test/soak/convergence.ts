import type { ReconnectingSocket } from "./reconnecting-socket.ts";
import type { RestartingRealm } from "./restarting-realm.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Resolves when no message is queued for another realm. */
export async function waitForEmptyQueues(realms: readonly RestartingRealm[]): Promise<void> {
  const deadline = performance.now() + 120_000;
  for (const realm of realms) {
    for (;;) {
      const { data } = await realm.sendUntilAnswered(1, "realms");
      if ((data as { queued: number }[]).every(({ queued }) => queued === 0)) break;
      if (performance.now() > deadline) throw new Error(`messages of ${realm.name} are still queued`);
      await pause(100);
    }
  }
}

/** Resolves when each socket has received the newest message of its mailbox. */
export async function waitForSockets(sockets: readonly ReconnectingSocket[]): Promise<void> {
  const deadline = performance.now() + 30_000;
  for (const socket of sockets) {
    const { data } = await socket.realm.sendUntilAnswered(socket.account, "inbox last=1");
    const [newest] = (data ?? []) as { id: number }[];
    while (socket.lastMessageId < (newest?.id ?? 0)) {
      if (performance.now() > deadline) {
        throw new Error(`a socket received ${socket.lastMessageId} of ${newest?.id} messages`);
      }
      await pause(50);
    }
  }
}
