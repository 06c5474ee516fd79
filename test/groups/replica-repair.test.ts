import { expect, test, vi } from "vitest";
import type { DomainEvent } from "../../src/domain-events.ts";
import { FederationClient } from "../../src/federation/federation-client.ts";
import { SigningKeys } from "../../src/federation/signing-keys.ts";
import { ReplicaRepair } from "../../src/groups/replica-repair.ts";
import type { FullAddress, RealmName } from "../../src/protocol/names.ts";
import { migratedDatabase } from "../support/sqlite.ts";

const malang = "malang" as RealmName;
const tim = "tim@malang" as FullAddress;
const rapat = "rapat@malang" as FullAddress;
const clock = () => 1_000_000_000;
const keys = new SigningKeys({ ...migratedDatabase(), clock });
const gapIn = (group: FullAddress): DomainEvent => ({ type: "replica-gap-found", group });

/** A repair whose replicas have gaps, and the requests that malang has received and not answered. */
function setUp() {
  const asked: { group: string; answer(): void }[] = [];
  const fetch = async (request: Request) => {
    const { group } = JSON.parse(await request.text());
    await new Promise<void>((answer) => asked.push({ group, answer }));
    return Response.json({ ok: true, reply: { kind: "joined", role: "member", newest: 9, version: 1 } });
  };
  const federation = new FederationClient({
    realm: "surabaya" as RealmName,
    policy: { federation: "peers", peers: new Map([[malang, new URL("https://malang.example")]]), localPeers: false },
    outbound: { fetch: fetch as typeof globalThis.fetch, localPeers: false, timer: () => () => {} },
    clock,
    signingKey: () => keys.current(),
  });
  const gapRequest = vi.fn(() => ({ by: "budi@surabaya" as FullAddress, have: 3 }));
  const repair = new ReplicaRepair({ gapRequest, hasMember: () => true }, federation);
  return { repair, asked, gapRequest };
}

test("many gaps of one group in one commit cause one request, and each group has its own", async () => {
  const { repair, asked } = setUp();
  repair.onCommit([...Array.from({ length: 25 }, () => gapIn(tim)), gapIn(rapat)]);
  await expect.poll(() => asked.map(({ group }) => group).sort()).toEqual([rapat, tim]);
});

test("gaps that are found during a request cause one more request after its answer", async () => {
  const { repair, asked, gapRequest } = setUp();
  repair.onCommit([gapIn(tim)]);
  await expect.poll(() => asked.length).toBe(1);
  for (let n = 0; n < 25; n++) repair.onCommit([gapIn(tim)]);
  expect(gapRequest).toHaveBeenCalledTimes(1);
  asked[0]?.answer();
  await expect.poll(() => asked.length).toBe(2);
  asked[1]?.answer();
  // The repair has ended, so the next gap starts it again.
  await expect.poll(() => gapRequest.mock.calls.length).toBe(2);
  await vi.waitFor(() => {
    repair.onCommit([gapIn(tim)]);
    expect(asked.length).toBe(3);
  });
});
