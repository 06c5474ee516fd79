import { expect, test } from "vitest";
import { Gate } from "../../src/federation/admission.ts";
import { fullBucket, take } from "../../src/federation/token-bucket.ts";
import { limits } from "../../src/limits.ts";
import type { RealmName } from "../../src/protocol/names.ts";

const malang = "malang" as RealmName;
const bandung = "bandung" as RealmName;
const size = { ratePerSecond: 10, burst: 20 };

test("A bucket gives what is in it, then what flows in, and says how long to wait.", () => {
  let { bucket, waitSeconds } = take(fullBucket(size, 0), size, 20, 0);
  expect(waitSeconds).toBe(0);
  ({ bucket, waitSeconds } = take(bucket, size, 1, 0));
  expect(waitSeconds).toBe(1);
  ({ bucket, waitSeconds } = take(bucket, size, 15, 100));
  expect(waitSeconds).toBe(2);
  ({ bucket, waitSeconds } = take(bucket, size, 15, 1_500));
  expect(waitSeconds).toBe(0);
  ({ bucket, waitSeconds } = take(bucket, size, 1, 1_500));
  expect(waitSeconds).toBe(1);
});

test("Whoever waits as long as it is told gets in.", () => {
  for (let amount = 1; amount <= 60; amount++) {
    const empty = take(fullBucket(size, 0), size, 20, 0).bucket;
    const { bucket, waitSeconds } = take(empty, size, amount, 333);
    if (waitSeconds > 0) expect(take(bucket, size, amount, 333 + waitSeconds * 1000).waitSeconds).toBe(0);
  }
});

test("A bucket never holds more than its burst, and no clock that goes back empties or fills it.", () => {
  const { bucket } = take(fullBucket(size, 0), size, 5, 0);
  expect(take(bucket, size, 0, 1e12).bucket.tokens).toBe(20);
  expect(take(bucket, size, 0, -1e12).bucket.tokens).toBe(15);
});

test("What is larger than a bucket passes when it is full, and is paid for afterwards.", () => {
  const first = take(fullBucket(size, 0), size, 50, 0);
  expect(first).toEqual({ bucket: { tokens: -30, filled: 0 }, waitSeconds: 0 });
  expect(take(first.bucket, size, 1, 0).waitSeconds).toBe(4);
  expect(take(first.bucket, size, 1, 3_100).waitSeconds).toBe(0);
  expect(take(first.bucket, size, 50, 0).waitSeconds).toBe(5);
  expect(take(first.bucket, size, 50, 5_000).waitSeconds).toBe(0);
});

test("In the long run nobody gets more than the rate, in whatever pieces it is taken.", () => {
  for (const amount of [1, 7, 20, 50, 333]) {
    let bucket = fullBucket(size, 0);
    let taken = 0;
    for (let now = 0; now <= 600_000; now += 100) {
      const { bucket: after, waitSeconds } = take(bucket, size, amount, now);
      bucket = after;
      if (waitSeconds === 0) taken += amount;
    }
    expect(taken).toBeLessThanOrEqual(size.burst + 600 * size.ratePerSecond + amount);
    expect(taken).toBeGreaterThan(600 * size.ratePerSecond - amount);
  }
});

test("A nonce gets in once, for each realm by itself.", () => {
  const gate = new Gate(1_000, () => 0);
  expect(gate.admit(malang, "n", 1)).toEqual({ kind: "in" });
  expect(gate.admit(malang, "n", 1)).toEqual({ kind: "replayed" });
  expect(gate.admit(bandung, "n", 1)).toEqual({ kind: "in" });
});

test("A nonce is remembered for as long as its request would be believed.", () => {
  let now = 0;
  const gate = new Gate(1_000, () => now);
  gate.admit(malang, "n", 1);
  // Made by a clock that is 5 min ahead, it stays believable for 10 min.
  now = 2 * limits.clockSkewSeconds * 1000 - 1;
  expect(gate.admit(malang, "n", 1)).toEqual({ kind: "replayed" });
  now += 2;
  expect(gate.admit(malang, "n", 1)).toEqual({ kind: "in" });
});

test("A flood of one realm is stopped, costs the others nothing, and a request that was stopped may come again.", () => {
  let now = 0;
  const gate = new Gate(10, () => now);
  expect(gate.admit(malang, "1", 20)).toEqual({ kind: "in" });
  expect(gate.admit(malang, "2", 15)).toEqual({ kind: "slow-down", seconds: 2 });
  expect(gate.admit(bandung, "1", 20)).toEqual({ kind: "in" });
  now = 2_000;
  expect(gate.admit(malang, "2", 15)).toEqual({ kind: "in" });
});

test("However much comes in, the gate remembers a bounded number of nonces, the newest ones.", () => {
  const gate = new Gate(1e9, () => 0);
  const more = 1_000;
  const total = limits.noncesMax + more;
  for (let n = 0; n < total; n++) expect(gate.admit(malang, String(n), 1).kind).toBe("in");
  expect(gate.admit(malang, String(total - 1), 1).kind).toBe("replayed");
  expect(gate.admit(malang, String(more + 1), 1).kind).toBe("replayed");
  expect(gate.admit(malang, "0", 1).kind).toBe("in");
});

test("A realm that floods makes its own nonces be forgotten, and nobody else's.", () => {
  const gate = new Gate(1e9, () => 0);
  gate.admit(bandung, "n", 1);
  for (let n = 0; n < limits.noncesMax + 1_000; n++) gate.admit(malang, String(n), 1);
  expect(gate.admit(bandung, "n", 1).kind).toBe("replayed");
  for (const nonce of ["o", "p", "q"]) gate.admit(bandung, nonce, 1);
  for (const nonce of ["n", "o", "p", "q"]) expect(gate.admit(bandung, nonce, 1).kind).toBe("replayed");
  expect(gate.admit(malang, "0", 1).kind).toBe("in");
  // Whoever comes then, and has none of its own to lose, gets in as well.
  expect(gate.admit("garut" as RealmName, "n", 1).kind).toBe("in");
  expect(gate.admit("garut" as RealmName, "n", 1).kind).toBe("replayed");
});

test("What a request has made the realm do is paid for by those after it, and is never more than a burst.", () => {
  let now = 0;
  const gate = new Gate(10, () => now);
  expect(gate.admit(malang, "1", 1)).toEqual({ kind: "in" });
  gate.charge(malang, 10 * limits.rowsPerToken);
  expect(gate.admit(malang, "2", 9)).toEqual({ kind: "in" });
  expect(gate.admit(malang, "3", 1)).toEqual({ kind: "slow-down", seconds: 1 });
  for (let n = 0; n < 5; n++) gate.charge(malang, 1_000_000 * limits.rowsPerToken);
  expect(gate.admit(malang, "3", 1)).toEqual({ kind: "slow-down", seconds: 3 });
  expect(gate.admit(bandung, "1", 20)).toEqual({ kind: "in" });
  now = 2_100;
  expect(gate.admit(malang, "3", 1)).toEqual({ kind: "in" });
});

test("That a peer speaks is news once a second.", () => {
  let now = 1_000_000;
  const gate = new Gate(10, () => now);
  expect([gate.isNews(malang), gate.isNews(malang), gate.isNews(bandung)]).toEqual([true, false, true]);
  now += limits.peerContactMinIntervalMs - 1;
  expect(gate.isNews(malang)).toBe(false);
  now += 1;
  expect(gate.isNews(malang)).toBe(true);
});
