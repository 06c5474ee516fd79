import { expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { type Frame, frameOf } from "../../src/live/frame.ts";
import type { LiveSocket } from "../../src/live/live-socket.ts";
import { SlicedBroadcaster } from "../../src/live/sliced-broadcaster.ts";

/** Sockets that keep what they receive, and a timer whose turns the test runs. */
function setUp(count: number) {
  const received = Array.from({ length: count }, (): string[] => []);
  const sockets = received.map(
    (frames): LiveSocket => ({
      send: (frame) => void frames.push(frame),
      close: () => {},
      serializeAttachment: () => {},
      deserializeAttachment: () => null,
    }),
  );
  const due: (() => void)[] = [];
  const flow = { send: (socket: LiveSocket, { text }: Frame) => socket.send(text) };
  const broadcaster = new SlicedBroadcaster(flow, (done) => {
    due.push(done);
    return () => {};
  });
  return { received, sockets, broadcaster, turn: () => due.shift()?.(), isIdle: () => due.length === 0 };
}

test("every socket receives every frame in order, a limited number of sockets in each turn", () => {
  const { received, sockets, broadcaster, turn, isIdle } = setUp(limits.broadcastSocketsPerTurn + 1);
  for (const frame of ["satu", "dua"]) broadcaster.broadcast(frameOf(frame), sockets);
  turn();
  expect(received.filter(({ length }) => length === 1)).toHaveLength(limits.broadcastSocketsPerTurn);
  while (!isIdle()) turn();
  expect(new Set(received.map(String))).toEqual(new Set(["satu,dua"]));
});

test("a slow socket drops the oldest frames and still receives the newest in order", () => {
  const { received, sockets, broadcaster, turn, isIdle } = setUp(2 * limits.broadcastSocketsPerTurn);
  const frame = (n: number) => frameOf(`${n} ${"x".repeat(limits.broadcastQueueMaxChars / 4 - 2)}`);
  broadcaster.broadcast(frame(0), sockets);
  turn();
  for (let n = 1; n < 8; n++) broadcaster.broadcast(frame(n), sockets);
  while (!isIdle()) turn();
  const numbers = (frames: string[] = []) => frames.map((text) => Number.parseInt(text, 10));
  expect(numbers(received[0])).toEqual([0, 4, 5, 6, 7]);
  expect(numbers(received.at(-1))).toEqual([4, 5, 6, 7]);
});

test("a frame longer than the queue is sent if no other frame waits", () => {
  const { received, sockets, broadcaster, turn, isIdle } = setUp(1);
  broadcaster.broadcast(frameOf("x".repeat(limits.broadcastQueueMaxChars + 1)), sockets);
  while (!isIdle()) turn();
  expect(received[0]).toHaveLength(1);
});

test("a socket that is removed before its turn receives nothing", () => {
  const { received, sockets, broadcaster, turn } = setUp(2);
  const present = new Set(sockets);
  broadcaster.broadcast(frameOf("halo"), present);
  for (const first of sockets.slice(0, 1)) present.delete(first);
  turn();
  expect(received.map(String)).toEqual(["", "halo"]);
});
