import { expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { Crier } from "../../src/live/broadcaster.ts";

/** Sockets that keep what they hear, and a clock that is wound by hand. */
function setUp(count: number) {
  const heard = Array.from({ length: count }, (): string[] => []);
  const sockets = heard.map((frames) => ({ send: (frame: string) => frames.push(frame) }) as unknown as WebSocket);
  const due: (() => void)[] = [];
  const crier = new Crier((done) => {
    due.push(done);
    return () => {};
  });
  return { heard, sockets, crier, turn: () => due.shift()?.(), isIdle: () => due.length === 0 };
}

test("Every socket hears everything in order, so many in each turn.", () => {
  const { heard, sockets, crier, turn, isIdle } = setUp(limits.broadcastSocketsPerTurn + 1);
  for (const frame of ["satu", "dua"]) crier.cry(frame, sockets);
  turn();
  expect(heard.filter(({ length }) => length === 1)).toHaveLength(limits.broadcastSocketsPerTurn);
  while (!isIdle()) turn();
  expect(new Set(heard.map(String))).toEqual(new Set(["satu,dua"]));
});

test("Who lags behind what may wait misses the oldest, and hears the newest in order.", () => {
  const { heard, sockets, crier, turn, isIdle } = setUp(2 * limits.broadcastSocketsPerTurn);
  const frame = (n: number) => `${n} ${"x".repeat(limits.broadcastQueueMaxChars / 4 - 2)}`;
  crier.cry(frame(0), sockets);
  turn();
  for (let n = 1; n < 8; n++) crier.cry(frame(n), sockets);
  while (!isIdle()) turn();
  const numbers = (frames: string[] = []) => frames.map((text) => Number.parseInt(text, 10));
  expect(numbers(heard[0])).toEqual([0, 4, 5, 6, 7]);
  expect(numbers(heard.at(-1))).toEqual([4, 5, 6, 7]);
});

test("What is longer than may wait is told where nothing else waits.", () => {
  const { heard, sockets, crier, turn, isIdle } = setUp(1);
  crier.cry("x".repeat(limits.broadcastQueueMaxChars + 1), sockets);
  while (!isIdle()) turn();
  expect(heard[0]).toHaveLength(1);
});

test("Sockets are looked for when their turn comes: who has gone meanwhile hears nothing.", () => {
  const { heard, sockets, crier, turn } = setUp(2);
  const present = new Set(sockets);
  crier.cry("halo", present);
  present.delete(sockets[0] as WebSocket);
  turn();
  expect(heard.map(String)).toEqual(["", "halo"]);
});
