import { expect, test, vi } from "vitest";
import { limits } from "../../src/limits.ts";
import { FlowControl } from "../../src/live/flow-control.ts";
import { frameOf } from "../../src/live/frame.ts";
import type { LiveSocket, SocketState } from "../../src/live/live-socket.ts";
import { SocketRegistry } from "../../src/live/socket-registry.ts";
import { closeCodes } from "../../src/protocol/events.ts";
import type { Name } from "../../src/protocol/names.ts";

const chunk = frameOf("x".repeat(60_000));
const long = frameOf("x".repeat(1_000_000));

/** Sockets whose host keeps their attachments, and timers that the test fires. */
function setUp() {
  const attachments = new Map<LiveSocket, unknown>();
  const due: { done: () => void; ms: number }[] = [];
  const timer = (done: () => void, ms: number) => {
    const entry = { done, ms };
    due.push(entry);
    return () => void due.splice(due.indexOf(entry), 1);
  };
  const fire = (ms: number) => {
    for (const entry of due.filter((each) => each.ms === ms)) {
      due.splice(due.indexOf(entry), 1);
      entry.done();
    }
  };
  const start = () => {
    const registry = new SocketRegistry({ all: () => [...attachments.keys()], lastPingAt: () => null }, timer);
    return { registry, flow: new FlowControl(registry, timer) };
  };
  const { registry, flow } = start();
  const open = (accountId: number) => {
    const sent: string[] = [];
    const closed = vi.fn();
    const socket: LiveSocket = {
      send: (text) => void sent.push(text),
      close: closed,
      serializeAttachment: (state) => void attachments.set(socket, structuredClone(state)),
      deserializeAttachment: () => attachments.get(socket),
    };
    const state: SocketState = {
      session: { account: "budi" as Name, tokenDigest: "a".repeat(64) },
      accountId,
      language: "id",
      expiresAt: 0,
      backfilledUpTo: null,
      phase: "open",
      unacknowledgedBytes: 0,
      heardAt: 0,
    };
    registry.add(socket, state);
    const pings = () =>
      sent.filter((text) => text.startsWith('{"event":"ping"')).map((text) => JSON.parse(text).data.word);
    return { socket, sent, closed, pings };
  };
  return { registry, flow, open, fire, start, gone: (socket: LiveSocket) => attachments.delete(socket) };
}

test("an account that holds too much has less for each of its sockets, until its clients acknowledge or leave", () => {
  const { flow, open, registry } = setUp();
  const hoarders = Array.from({ length: 10 }, () => open(1));
  for (const { socket } of hoarders) for (let n = 0; n < 30; n++) flow.send(socket, chunk);
  // 10 sockets of 1.8 MB: from now on the account has used up its total.
  const [late, neighbour] = [open(1), open(2)];
  for (let n = 0; n < 2; n++) for (const { socket } of [late, neighbour]) flow.send(socket, chunk);
  expect(late.pings()).toHaveLength(1);
  expect(late.closed).not.toHaveBeenCalled();
  flow.send(late.socket, chunk);
  flow.send(neighbour.socket, chunk);
  expect(late.closed).toHaveBeenCalledWith(closeCodes.tooSlow, expect.any(String));
  expect([neighbour.pings(), neighbour.closed.mock.calls]).toEqual([[], []]);

  // Closed sockets count until they are gone.
  for (const { socket } of hoarders) registry.close(socket, closeCodes.replaced, "");
  const again = open(1);
  for (let n = 0; n < 2; n++) flow.send(again.socket, chunk);
  expect(again.pings()).toHaveLength(1);
  for (const { socket } of hoarders) registry.remove(socket);
  const last = open(1);
  for (let n = 0; n < 10; n++) flow.send(last.socket, chunk);
  expect([last.pings(), last.closed.mock.calls]).toEqual([[], []]);
});

test("the accounts of a shard together may hold 64 MiB, and what they hold survives an eviction", () => {
  const { flow, open, fire, start } = setUp();
  for (let account = 0; account < 5; account++) {
    for (let n = 0; n < 8; n++) {
      const { socket } = open(account);
      for (let sent = 0; sent < 33; sent++) flow.send(socket, chunk);
    }
  }
  const neighbour = open(9);
  fire(limits.socketSaveDelayMs);
  const restarted = start();
  for (let n = 0; n < 3; n++) restarted.flow.send(neighbour.socket, chunk);
  expect(neighbour.pings()).toHaveLength(1);
  expect(neighbour.closed).toHaveBeenCalledOnce();
});

test("many sockets that leave a little unacknowledged are no pressure", () => {
  const { flow, open } = setUp();
  for (let n = 0; n < 2_000; n++) flow.send(open(n).socket, chunk);
  const next = open(1);
  for (let n = 0; n < 10; n++) flow.send(next.socket, chunk);
  expect([next.pings(), next.closed.mock.calls]).toEqual([[], []]);
});

test("a reply waits for room, and a client that does not acknowledge it in time is closed", async () => {
  const { flow, open, fire } = setUp();
  const { socket, closed, pings } = open(1);
  for (let n = 0; n < 10; n++) flow.send(socket, chunk);
  const resumed = vi.fn();
  const first = flow.waitForRoom(socket, long.bytes)?.then(resumed);
  await Promise.resolve();
  expect([pings().length, resumed.mock.calls.length]).toEqual([1, 0]);
  // Meanwhile an event arrives. It is little, so the reply may follow.
  flow.send(socket, chunk);
  flow.acknowledge(socket, pings()[0]);
  await first;
  flow.send(socket, long);
  expect(closed).not.toHaveBeenCalled();

  const second = flow.waitForRoom(socket, 0)?.then(resumed);
  fire(limits.acknowledgeMs);
  await second;
  expect(closed).toHaveBeenCalledWith(closeCodes.tooSlow, expect.any(String));
});
