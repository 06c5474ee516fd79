import { expect, test, vi } from "vitest";
import { limits } from "../../src/limits.ts";
import { BoundedCache } from "../../src/storage/bounded-cache.ts";
import { TransactionalCache } from "../../src/storage/transactional-cache.ts";
import { memoryDatabase } from "../support/sqlite.ts";

test("a bounded cache that is full drops the entry that was added first", () => {
  const cache = new BoundedCache<string, number>(2);
  const values = () => ["a", "b", "c", "d"].map((key) => cache.get(key));
  cache.set("a", 1);
  cache.set("b", 2);
  expect(values()).toEqual([1, 2, undefined, undefined]);
  cache.set("c", 3);
  expect(values()).toEqual([undefined, 2, 3, undefined]);
  cache.set("d", 4);
  expect(values()).toEqual([undefined, undefined, 3, 4]);
});

test("a bounded cache that is full drops nothing where a known key gets a new value", () => {
  const cache = new BoundedCache<string, number>(2);
  cache.set("a", 1);
  cache.set("b", 2);
  cache.set("b", 3);
  expect([cache.get("a"), cache.get("b")]).toEqual([1, 3]);
});

test("a deleted entry leaves its place to another, and clear leaves all", () => {
  const cache = new BoundedCache<string, number>(2);
  cache.set("a", 1);
  cache.set("b", 2);
  cache.delete("a");
  cache.set("c", 3);
  expect(["a", "b", "c"].map((key) => cache.get(key))).toEqual([undefined, 2, 3]);
  cache.clear();
  expect(["a", "b", "c"].map((key) => cache.get(key))).toEqual([undefined, undefined, undefined]);
});

/** A cache of stored values, and a function that fails in a transaction. */
function openTransactional() {
  const { unitOfWork } = memoryDatabase();
  const cache = new TransactionalCache<string, number>(unitOfWork);
  return {
    unitOfWork,
    cache,
    loaded: (key: string, load: () => number | null = () => null) => cache.getOrLoad(key, load),
  };
}

test("a transactional cache loads a value once and does not keep the absence of one", () => {
  const { cache } = openTransactional();
  const load = vi.fn<() => number | null>(() => null);
  expect([cache.getOrLoad("a", load), cache.getOrLoad("a", load)]).toEqual([null, null]);
  load.mockReturnValue(0);
  expect([cache.getOrLoad("a", load), cache.getOrLoad("a", load)]).toEqual([0, 0]);
  expect(load).toHaveBeenCalledTimes(3);
});

test("a transactional cache keeps what a committed transaction has noted", async () => {
  const { unitOfWork, cache, loaded } = openTransactional();
  await unitOfWork.run((tx) => {
    cache.set(tx, "a", 1);
    cache.set(tx, "b", 2);
  });
  expect([loaded("a"), loaded("b")]).toEqual([1, 2]);
  await unitOfWork.run((tx) => cache.delete(tx, "a"));
  expect([loaded("a"), loaded("b")]).toEqual([null, 2]);
  await unitOfWork.run((tx) => cache.clear(tx));
  expect(loaded("b")).toBeNull();
});

test("a rollback empties a transactional cache, also of what was loaded before it", async () => {
  const { unitOfWork, cache, loaded } = openTransactional();
  await unitOfWork.run((tx) => cache.set(tx, "a", 1));
  loaded("b", () => 2);
  const failed = unitOfWork.run((tx) => {
    cache.set(tx, "c", 3);
    loaded("d", () => 4);
    throw new Error("no");
  });
  await expect(failed).rejects.toThrow("no");
  expect(["a", "b", "c", "d"].map((key) => loaded(key))).toEqual([null, null, null, null]);
});

test("a transactional cache is bounded", () => {
  const { loaded } = openTransactional();
  for (let n = 0; n <= limits.txCacheMaxEntries; n++) loaded(`${n}`, () => n);
  expect([loaded("0"), loaded("1")]).toEqual([null, 1]);
});
