import { expect, test } from "vitest";
import { HashLanes } from "../../src/hasher/hash-lanes.ts";
import type { HashPurpose } from "../../src/hasher/scrypt.ts";
import { limits } from "../../src/limits.ts";

function setUp() {
  let now = 0;
  const lanes = new HashLanes(() => now);
  const started: string[] = [];
  const refused: string[] = [];
  const add = (purpose: HashPurpose, name: string) =>
    lanes.add(purpose, name, { start: () => started.push(name), refuse: () => refused.push(name) });
  return { lanes, started, refused, add, pass: (ms: number) => (now += ms) };
}

test("the lanes share the hashes 4 : 2 : 1, and none waits for the end of another", () => {
  const { lanes, started, add } = setUp();
  for (let n = 0; n < 14; n++) {
    add("registration", `r${n}`);
    add("change", `c${n}`);
    add("login", `l${n}`);
  }
  for (let n = 0; n < 14; n++) lanes.startNext();
  const kinds = started.map(([kind]) => kind).join("");
  expect([...kinds].filter((kind) => kind === "l")).toHaveLength(8);
  expect([...kinds].filter((kind) => kind === "c")).toHaveLength(4);
  expect([...kinds].filter((kind) => kind === "r")).toHaveLength(2);
  expect(kinds).not.toContain("llll");
});

test("a lane gets everything while the others are empty, and saves nothing up meanwhile", () => {
  const { lanes, started, add } = setUp();
  for (let n = 0; n < 20; n++) add("registration", "r");
  for (let n = 0; n < 10; n++) lanes.startNext();
  expect(started).toHaveLength(10);
  for (let n = 0; n < 10; n++) add("login", "l");
  started.length = 0;
  for (let n = 0; n < 5; n++) lanes.startNext();
  expect(started.filter((kind) => kind === "l")).toHaveLength(4);
});

test("the names of a lane take turns, each in its order", () => {
  const { lanes, started, add } = setUp();
  for (let n = 0; n < 20; n++) add("login", "eve");
  for (const name of ["ani", "budi"]) add("login", name);
  for (let n = 0; n < 5; n++) lanes.startNext();
  expect(started).toEqual(["eve", "ani", "budi", "eve", "eve"]);
});

test("a lane that is full takes no more, and the others do", () => {
  const { add } = setUp();
  for (let n = 0; n < limits.hashQueueMax; n++) expect(add("registration", "r")).toBe(true);
  expect(add("registration", "r")).toBe(false);
  expect(add("login", "l")).toBe(true);
});

test("a job that has waited for too long is refused and not started, and leaves its place", () => {
  const { lanes, started, refused, add, pass } = setUp();
  for (let n = 0; n < limits.hashQueueMax; n++) add("login", `alt${n % 3}`);
  pass(limits.hashWaitMaxMs - 1);
  expect(lanes.startNext()).toBe(true);
  expect(refused).toEqual([]);
  pass(1);
  expect(lanes.startNext()).toBe(false);
  expect(refused).toHaveLength(limits.hashQueueMax - 1);
  expect(started).toHaveLength(1);
  for (let n = 0; n < limits.hashQueueMax; n++) expect(add("login", "baru")).toBe(true);
  expect(lanes.startNext()).toBe(true);
  expect(started).toHaveLength(2);
});
