import { expect, test } from "vitest";
import { parsePrivateKey, SigningKeys } from "../../src/federation/signing-keys.ts";
import { limits } from "../../src/limits.ts";
import { migratedDatabase } from "../support/sqlite.ts";

function setUp() {
  const time = { now: 1_000_000_000 };
  return { time, keys: new SigningKeys({ ...migratedDatabase(), clock: () => time.now }) };
}

test("concurrent first calls get the same key, which stays the current one", async () => {
  const { keys } = setUp();
  const [first, ...others] = await Promise.all(Array.from({ length: 5 }, () => keys.current()));
  for (const other of others) expect(other).toEqual(first);
  expect(await keys.current()).toEqual(first);
});

test("a retired key stays published for 48 hours, behind the one that signs", async () => {
  const { keys, time } = setUp();
  const old = await keys.current();
  time.now += 1;
  const fresh = await keys.rotate();
  const published = async () => (await keys.publicKeys()).map(({ kid }) => kid);
  time.now += limits.keyRetireMs - 1;
  expect(await published()).toEqual([fresh.id, old.id]);
  time.now += 1;
  expect(await published()).toEqual([fresh.id]);
});

test("a key whose retirement lies ahead is not published, now or later", async () => {
  const { keys, time } = setUp();
  await keys.current();
  time.now += 30 * limits.keyRetireMs;
  const fresh = await keys.rotate();
  // The clock was ahead, and is right again.
  time.now -= 30 * limits.keyRetireMs;
  const published = async () => (await keys.publicKeys()).map(({ kid }) => kid);
  expect(await published()).toEqual([fresh.id]);
  const freshest = await keys.rotate();
  time.now += 30 * limits.keyRetireMs;
  expect(await published()).toEqual([freshest.id]);
});

test("a published key is the public part of the stored one", async () => {
  const { keys } = setUp();
  const { id, jwk } = await keys.current();
  const [published] = await keys.publicKeys();
  expect(published).toEqual({ kty: "OKP", crv: "Ed25519", kid: id, x: parsePrivateKey(jwk).x });
});
