import { expect, test, vi } from "vitest";
import type { LiveSocket, SocketState } from "../../src/live/live-socket.ts";
import { SocketRegistry } from "../../src/live/socket-registry.ts";
import { closeCodes } from "../../src/protocol/events.ts";
import type { Name } from "../../src/protocol/names.ts";

const state: SocketState = {
  session: { account: "budi" as Name, tokenDigest: "a".repeat(64) },
  accountId: 7,
  language: "id",
  expiresAt: 1_790_000_000_000,
  backfilledUpTo: null,
  phase: "open",
  unacknowledgedBytes: 0,
  heardAt: 1_780_000_000_000,
};

/** A socket that was open before the shard was evicted. */
function storedSocket(deserializeAttachment: () => unknown) {
  const closed: number[] = [];
  const socket: LiveSocket = {
    send: () => {},
    close: (code) => void closed.push(code),
    serializeAttachment: () => {},
    deserializeAttachment,
  };
  return { socket, closed };
}

test("a socket whose attachment cannot be read or parsed is closed, and the others are kept", () => {
  const error = vi.spyOn(console, "error").mockImplementation(() => {});
  const [first, damaged, unreadable, last] = [
    storedSocket(() => structuredClone(state)),
    storedSocket(() => ({ ...state, accountId: "7" })),
    storedSocket(() => {
      throw new Error("unreadable");
    }),
    storedSocket(() => structuredClone(state)),
  ];
  const sockets = [first, damaged, unreadable, last].map(({ socket }) => socket);
  const registry = new SocketRegistry({ all: () => sockets, lastPingAt: () => null }, () => () => {});
  expect([...registry.socketsOf(7)]).toEqual([first.socket, last.socket]);
  expect([first, damaged, unreadable, last].map(({ closed }) => closed)).toEqual([
    [],
    [closeCodes.stateLost],
    [closeCodes.stateLost],
    [],
  ]);
  expect(registry.stateOf(damaged.socket)).toBe(null);
  expect(error).toHaveBeenCalledTimes(2);
});
