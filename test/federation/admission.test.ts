import { expect, test } from "vitest";
import { fullBucket, tryTakeTokens } from "../../src/admission/token-bucket.ts";
import { PeerAdmission, type PeerAdmissionDeps } from "../../src/federation/admission.ts";
import { limits } from "../../src/limits.ts";
import type { RealmName } from "../../src/protocol/names.ts";

const malang = "malang" as RealmName;
const bandung = "bandung" as RealmName;
const admissionOf = (deps: Partial<PeerAdmissionDeps>) =>
  new PeerAdmission({
    ratePerSecond: 1e9,
    strangeRealmBytesPerDay: 1,
    isConfigured: () => true,
    clock: () => 0,
    ...deps,
  });
const size = { ratePerSecond: 10, burst: 20 };
const admit = (admission: PeerAdmission, from: RealmName, nonce: string, messages: number, bytes = 100) =>
  admission.admit({ from, nonce, bytes }, messages);

test("a bucket gives its tokens, then those that flow in, and tells how long to wait", () => {
  let { bucket, waitSeconds } = tryTakeTokens(fullBucket(size, 0), size, 20, 0);
  expect(waitSeconds).toBe(0);
  ({ bucket, waitSeconds } = tryTakeTokens(bucket, size, 1, 0));
  expect(waitSeconds).toBe(1);
  ({ bucket, waitSeconds } = tryTakeTokens(bucket, size, 15, 100));
  expect(waitSeconds).toBe(2);
  ({ bucket, waitSeconds } = tryTakeTokens(bucket, size, 15, 1_500));
  expect(waitSeconds).toBe(0);
  ({ bucket, waitSeconds } = tryTakeTokens(bucket, size, 1, 1_500));
  expect(waitSeconds).toBe(1);
});

test("a client that waits as long as it is told is admitted", () => {
  for (let amount = 1; amount <= 60; amount++) {
    const empty = tryTakeTokens(fullBucket(size, 0), size, 20, 0).bucket;
    const { bucket, waitSeconds } = tryTakeTokens(empty, size, amount, 333);
    if (waitSeconds > 0) expect(tryTakeTokens(bucket, size, amount, 333 + waitSeconds * 1000).waitSeconds).toBe(0);
  }
});

test("a bucket never holds more than its burst, and a clock that steps back neither empties nor fills it", () => {
  const { bucket } = tryTakeTokens(fullBucket(size, 0), size, 5, 0);
  expect(tryTakeTokens(bucket, size, 0, 1e12).bucket.tokens).toBe(20);
  expect(tryTakeTokens(bucket, size, 0, -1e12).bucket.tokens).toBe(15);
});

test("an amount above the burst passes when the bucket is full, and leaves a debt", () => {
  const first = tryTakeTokens(fullBucket(size, 0), size, 50, 0);
  expect(first).toEqual({ bucket: { tokens: -30, filledAt: 0 }, waitSeconds: 0 });
  expect(tryTakeTokens(first.bucket, size, 1, 0).waitSeconds).toBe(4);
  expect(tryTakeTokens(first.bucket, size, 1, 3_100).waitSeconds).toBe(0);
  expect(tryTakeTokens(first.bucket, size, 50, 0).waitSeconds).toBe(5);
  expect(tryTakeTokens(first.bucket, size, 50, 5_000).waitSeconds).toBe(0);
});

test("in the long run a client gets no more than the rate, whatever amounts it takes", () => {
  for (const amount of [1, 7, 20, 50, 333]) {
    let bucket = fullBucket(size, 0);
    let taken = 0;
    for (let now = 0; now <= 600_000; now += 100) {
      const { bucket: after, waitSeconds } = tryTakeTokens(bucket, size, amount, now);
      bucket = after;
      if (waitSeconds === 0) taken += amount;
    }
    expect(taken).toBeLessThanOrEqual(size.burst + 600 * size.ratePerSecond + amount);
    expect(taken).toBeGreaterThan(600 * size.ratePerSecond - amount);
  }
});

test("a nonce is admitted once for each realm", () => {
  const admission = admissionOf({ ratePerSecond: 1_000 });
  expect(admit(admission, malang, "n", 1)).toEqual({ kind: "admitted" });
  expect(admit(admission, malang, "n", 1)).toEqual({ kind: "replayed" });
  expect(admit(admission, bandung, "n", 1)).toEqual({ kind: "admitted" });
});

test("a nonce is remembered until its request is stale", () => {
  let now = 0;
  const admission = admissionOf({ ratePerSecond: 1_000, clock: () => now });
  admit(admission, malang, "n", 1);
  // The peer's clock may be 5 min ahead: its request is then accepted for 10 min.
  now = 2 * limits.clockSkewSeconds * 1000 - 1;
  expect(admit(admission, malang, "n", 1)).toEqual({ kind: "replayed" });
  now += 2;
  expect(admit(admission, malang, "n", 1)).toEqual({ kind: "admitted" });
});

test("a flood of one realm is limited, costs other realms nothing, and a limited request may be sent again", () => {
  let now = 0;
  const admission = admissionOf({ ratePerSecond: 10, clock: () => now });
  expect(admit(admission, malang, "1", 20)).toEqual({ kind: "admitted" });
  expect(admit(admission, malang, "2", 15)).toEqual({ kind: "rate-limited", seconds: 2 });
  expect(admit(admission, bandung, "1", 20)).toEqual({ kind: "admitted" });
  now = 2_000;
  expect(admit(admission, malang, "2", 15)).toEqual({ kind: "admitted" });
});

test("the number of nonces in memory is bounded, and the newest ones are kept", () => {
  const admission = admissionOf({ ratePerSecond: 1e9 });
  const more = 1_000;
  const total = limits.noncesMax + more;
  for (let n = 0; n < total; n++) expect(admit(admission, malang, String(n), 1).kind).toBe("admitted");
  expect(admit(admission, malang, String(total - 1), 1).kind).toBe("replayed");
  expect(admit(admission, malang, String(more + 1), 1).kind).toBe("replayed");
  expect(admit(admission, malang, "0", 1).kind).toBe("admitted");
});

test("a realm that floods evicts its own nonces only", () => {
  const admission = admissionOf({ ratePerSecond: 1e9 });
  admit(admission, bandung, "n", 1);
  for (let n = 0; n < limits.noncesMax + 1_000; n++) admit(admission, malang, String(n), 1);
  expect(admit(admission, bandung, "n", 1).kind).toBe("replayed");
  for (const nonce of ["o", "p", "q"]) admit(admission, bandung, nonce, 1);
  for (const nonce of ["n", "o", "p", "q"]) expect(admit(admission, bandung, nonce, 1).kind).toBe("replayed");
  expect(admit(admission, malang, "0", 1).kind).toBe("admitted");
  // A realm that has no nonces to lose is admitted as well.
  expect(admit(admission, "garut" as RealmName, "n", 1).kind).toBe("admitted");
  expect(admit(admission, "garut" as RealmName, "n", 1).kind).toBe("replayed");
});

test("later requests pay for the rows of an earlier one, and the debt is at most one burst", () => {
  let now = 0;
  const admission = admissionOf({ ratePerSecond: 10, clock: () => now });
  expect(admit(admission, malang, "1", 1)).toEqual({ kind: "admitted" });
  admission.charge(malang, 10 * limits.rowsPerToken);
  expect(admit(admission, malang, "2", 9)).toEqual({ kind: "admitted" });
  expect(admit(admission, malang, "3", 1)).toEqual({ kind: "rate-limited", seconds: 1 });
  for (let n = 0; n < 5; n++) admission.charge(malang, 1_000_000 * limits.rowsPerToken);
  expect(admit(admission, malang, "3", 1)).toEqual({ kind: "rate-limited", seconds: 3 });
  expect(admit(admission, bandung, "1", 20)).toEqual({ kind: "admitted" });
  now = 2_100;
  expect(admit(admission, malang, "3", 1)).toEqual({ kind: "admitted" });
});

test("a contact of a peer is due once a second", () => {
  let now = 1_000_000;
  const admission = admissionOf({ ratePerSecond: 10, clock: () => now });
  expect([admission.isContactDue(malang), admission.isContactDue(malang), admission.isContactDue(bandung)]).toEqual([
    true,
    false,
    true,
  ]);
  now += limits.peerContactMinIntervalMs - 1;
  expect(admission.isContactDue(malang)).toBe(false);
  now += 1;
  expect(admission.isContactDue(malang)).toBe(true);
  // The clock steps back: the last contact lies ahead.
  now -= 3_600_000;
  expect(admission.isContactDue(malang)).toBe(true);
});

test("a strange realm has a day's bytes, and its overhead counts; a refused request costs nothing, a configured realm is free", () => {
  let now = 0;
  const isConfigured = (realm: RealmName) => realm === bandung;
  const admission = admissionOf({ strangeRealmBytesPerDay: 86_400, isConfigured, clock: () => now });
  expect(admit(admission, malang, "1", 100, 46_400)).toEqual({ kind: "admitted" });
  expect(limits.messageOverheadBytes).toBe(200);
  for (let n = 0; n < 3; n++) {
    expect(admit(admission, malang, "2", 0, 20_010)).toEqual({ kind: "rate-limited", seconds: 10 });
  }
  expect(admit(admission, malang, "2", 0, 20_000)).toEqual({ kind: "admitted" });
  for (let n = 0; n < 10; n++) expect(admit(admission, bandung, String(n), 256, 1e6).kind).toBe("admitted");
  expect(admit(admission, "garut" as RealmName, "1", 0, 80_000).kind).toBe("admitted");
  now = 10_000;
  expect(admit(admission, malang, "3", 0, 10)).toEqual({ kind: "admitted" });
  expect(admit(admission, malang, "4", 0, 1)).toEqual({ kind: "rate-limited", seconds: 1 });
});
