import { expect, test } from "vitest";
import { QueuedHashing } from "../../src/hasher/queued-hashing.ts";
import type { Derivation } from "../../src/hasher/scrypt.ts";
import { limits } from "../../src/limits.ts";

const derivation: Derivation = {
  purpose: "login",
  name: "budi",
  password: "rahasia",
  salt: new Uint8Array(16),
  cost: { N: 2, r: 1, p: 1 },
};
const timer = (done: () => void) => {
  const immediate = setImmediate(done);
  return () => clearImmediate(immediate);
};

test.each([0, 1])(
  "with a pause of %i ms every password is hashed, and one beyond the queue is told when to come back",
  async (pauseMs) => {
    const hashing = new QueuedHashing({ concurrency: 2, pauseMs, clock: () => 0, timer });
    const keys = await Promise.all(Array.from({ length: limits.hashQueueMax + 3 }, () => hashing.derive(derivation)));
    expect(keys.filter(({ ok }) => ok)).toHaveLength(limits.hashQueueMax + 2);
    expect(keys.filter(({ ok }) => !ok)).toEqual([{ ok: false, retryAfterSeconds: limits.hashRetrySeconds }]);
    expect(await hashing.derive(derivation)).toMatchObject({ ok: true });
  },
);

test("a derivation that fails rejects, and does not stop those after it", async () => {
  const hashing = new QueuedHashing({ concurrency: 1, pauseMs: 0, clock: () => 0, timer });
  const broken = hashing.derive({ ...derivation, cost: { N: 3, r: 1, p: 1 } });
  const next = hashing.derive(derivation);
  await expect(broken).rejects.toThrow();
  expect(await next).toMatchObject({ ok: true });
});
