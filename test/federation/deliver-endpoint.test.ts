import { expect, test, vi } from "vitest";
import type { Config } from "../../src/config/config.ts";
import { handleDeliver } from "../../src/federation/deliver-endpoint.ts";
import type { RealmName } from "../../src/protocol/names.ts";
import type { DeliveryResult } from "../../src/shard-api/delivery-result.ts";
import type { OutboundItem } from "../../src/shard-api/outbound-items.ts";
import type { RealmContext } from "../../src/shard-api/realm-context.ts";
import type { PeerRequest, ShardApi } from "../../src/shard-api/shard-api.ts";

const peer: PeerRequest = { from: "malang" as RealmName, nonce: "n", bytes: 300, isAdmitted: false };
const warn = vi.spyOn(console, "warn").mockImplementation(() => {});

/** A realm whose shard 0 answers each delivery with `results`. */
function realmWith(results: DeliveryResult[]) {
  const received: OutboundItem[][] = [];
  const receiveDelivery: ShardApi["receiveDelivery"] = async (_, items) => {
    received.push(items);
    return { kind: "results", results };
  };
  const config: Partial<Config> = { shards: 1 };
  const context: RealmContext = {
    realm: "surabaya" as RealmName,
    config: config as Config,
    shards: {
      get: () => ({ receiveDelivery }) as Partial<ShardApi> as ShardApi,
      describeFailure: () => ({ isThrownByShard: true, isOverloaded: false, isRetryable: false }),
    },
  };
  return { context, received };
}

const time = "2026-11-23T10:00:00.000Z";
const message = (change: object = {}) => ({
  ...{ uid: "1", kind: "private", from: "rina@malang", to: "budi@surabaya", text: "halo", time },
  ...change,
});
const bodyOf = (...messages: object[]) => new TextEncoder().encode(JSON.stringify({ messages }));

test("items that are rejected here keep their place among the results of the shard", async () => {
  const { context, received } = realmWith([{ state: "delivered" }, { state: "deferred" }]);
  const body = bodyOf(
    message({ from: "rina@bandung" }),
    message({ uid: "2" }),
    message({ to: "budi@jakarta" }),
    message({ uid: "3" }),
    message({ text: "" }),
  );
  const refused = { state: "failed", reason: "refused" };
  const results = [
    refused,
    { state: "delivered" },
    refused,
    { state: "deferred" },
    { ...refused, reason: "unprocessable" },
  ];
  expect(await handleDeliver(peer, body, context)).toBe(JSON.stringify({ results }));
  expect(received[0]?.map((item) => "uid" in item && item.uid)).toEqual(["2", "3"]);
  const event = { event: "peer-item-rejected", realm: "surabaya", from: "malang" };
  expect(warn.mock.calls.flat()).toEqual([
    { ...event, reason: "wrong-sender" },
    { ...event, reason: "wrong-recipient" },
  ]);
});

test("a time in the future becomes the time of arrival, and a time before 1970 becomes 1970", async () => {
  const { context, received } = realmWith([{ state: "delivered" }, { state: "delivered" }]);
  const before = Date.now();
  await handleDeliver(
    peer,
    bodyOf(message({ time: "9999-01-01T00:00:00Z" }), message({ time: "1900-01-01T00:00:00Z" })),
    context,
  );
  const [future, past] = received[0]?.map((item) => item.time) ?? [];
  expect(future).toBeGreaterThanOrEqual(before);
  expect(future).toBeLessThanOrEqual(Date.now());
  expect(past).toBe(0);
});

test("a shard that answers another number of results is a bug and is thrown", async () => {
  for (const results of [[], [{ state: "deferred" }, { state: "deferred" }]] satisfies DeliveryResult[][]) {
    await expect(handleDeliver(peer, bodyOf(message()), realmWith(results).context)).rejects.toThrow(
      "results than it got",
    );
  }
});
