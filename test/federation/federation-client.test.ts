import { beforeEach, expect, test, vi } from "vitest";
import { HttpsTransport } from "../../src/delivery/https-transport.ts";
import { FederationClient, type FederationClientDeps } from "../../src/federation/federation-client.ts";
import { SigningKeys } from "../../src/federation/signing-keys.ts";
import type { FullAddress, RealmName } from "../../src/protocol/names.ts";
import type { OutboundItem } from "../../src/shard-api/outbound-items.ts";
import { migratedDatabase } from "../support/sqlite.ts";

const surabaya = "surabaya" as RealmName;
const malang = "malang" as RealmName;
const clock = () => 1_000_000_000;
const keys = new SigningKeys({ ...migratedDatabase(), clock });

const error = vi.spyOn(console, "error").mockImplementation(() => {});
vi.spyOn(console, "warn").mockImplementation(() => {});
beforeEach(() => void error.mockClear());

function clientWith(fetch: typeof globalThis.fetch, deps: Partial<FederationClientDeps> = {}): FederationClient {
  const peers = new Map([[malang, new URL("https://malang.example")]]);
  return new FederationClient({
    realm: surabaya,
    policy: { federation: "peers", peers, localPeers: false },
    outbound: { fetch, localPeers: false, timer: () => () => {} },
    clock,
    signingKey: () => keys.current(),
    ...deps,
  });
}

test("a realm without an origin is not contacted", async () => {
  const fetch = vi.fn();
  const result = await clientWith(fetch).post("bandung" as RealmName, "/federation/echo", "{}", 100);
  expect([result, fetch.mock.calls]).toEqual([{ ok: false, problem: "no-route-to-realm" }, []]);
});

test("a signing key that cannot be read is a problem of its own, logged with its stack", async () => {
  const signingKey = () => Promise.reject(new Error("shard 0 is away"));
  const result = await clientWith(vi.fn(), { signingKey }).post(malang, "/federation/echo", "{}", 100);
  expect(result).toEqual({ ok: false, problem: "no-signing-key" });
  expect(error.mock.calls).toEqual([
    [{ event: "signing-key-unavailable", realm: surabaya, error: expect.stringMatching(/away\n +at /) }],
  ]);
});

test("a batch carries a signature and items in the form of the wire", async () => {
  const sent: Request[] = [];
  const fetch = async (request: Request) => {
    sent.push(request);
    return Response.json({ results: [{ state: "delivered" }, { state: "failed", reason: "expired" }] });
  };
  const items: OutboundItem[] = [
    {
      uid: "1",
      kind: "private",
      from: `budi@${surabaya}` as FullAddress,
      to: "rina@malang" as FullAddress,
      text: "halo",
      time: 0,
    },
    {
      kind: "group-message",
      group: `tim@${surabaya}` as FullAddress,
      id: 2,
      after: 1,
      from: "rina@malang" as FullAddress,
      text: "hai",
      time: 0,
    },
  ];
  const transport = new HttpsTransport(clientWith(fetch as typeof globalThis.fetch));
  expect(await transport.send(malang, items)).toEqual({
    kind: "answered",
    // A peer cannot let a message expire: its reason counts as a refusal.
    results: [{ state: "delivered" }, { state: "failed", reason: "refused" }],
  });
  const [request] = sent;
  expect(request?.url).toBe("https://malang.example/federation/deliver");
  expect(request?.headers.get("signature-input")).toContain(`keyid="${(await keys.current()).id}"`);
  const time = "1970-01-01T00:00:00.000Z";
  expect(await request?.json()).toEqual({ messages: items.map((item) => ({ ...item, time })) });
});
