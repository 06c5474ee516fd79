import { expect, test } from "vitest";
import { type FederationPolicy, peerOrigin } from "../../src/config/federation-policy.ts";
import type { RealmName } from "../../src/protocol/names.ts";
import { isAllowedPeerOrigin } from "../../src/protocol/peer-origin-rules.ts";

const isAllowed = (url: string, localPeers = false) => isAllowedPeerOrigin(new URL(url), localPeers);

const refused = [
  // IPv4 in every notation (WHATWG URL, section 3.5): dotted, short, whole, hexadecimal, octal, full-width.
  "https://127.0.0.1",
  "https://127.1",
  "https://2130706433",
  "https://0x7f000001",
  "https://0x7f.0.0.1",
  "https://0177.0.0.1",
  "https://017700000001",
  "https://127.0.0.1.",
  "https://0",
  "https://0.0.0.0",
  "https://10.0.0.1",
  "https://169.254.169.254",
  "https://192.168.1.1",
  "https://8.8.8.8",
  "https://１２７.0.0.1",
  "https://127%2e0%2e0%2e1",
  // IPv6, and IPv4 inside it.
  "https://[::1]",
  "https://[::]",
  "https://[::ffff:127.0.0.1]",
  "https://[::ffff:7f00:1]",
  "https://[fe80::1]",
  "https://[fd00::1]",
  "https://[64:ff9b::7f00:1]",
  "https://[2606:4700:4700::1111]",
  // Names inside a private network.
  "https://localhost",
  "https://LOCALHOST",
  "https://localhost.",
  "https://realm.localhost",
  "https://jakarta",
  "https://jakarta.",
  "https://nas.local",
  "https://metadata.google.internal",
  "https://1.0.0.127.in-addr.arpa",
  "https://router.home.arpa",
  "https://a.test",
  "https://a.invalid",
  "https://a.alt",
  // Other ports, credentials and other schemes.
  "https://jakarta.example:8443",
  "https://jakarta.example:80",
  "https://jakarta.example:22",
  "https://user@jakarta.example",
  "https://:secret@jakarta.example",
  "https://jakarta.example@10.0.0.1",
  "http://jakarta.example",
  "http://jakarta.example:443",
  "ftp://jakarta.example",
  "ws://jakarta.example",
  "wss://jakarta.example",
  "file:///etc/passwd",
  "data:text/plain,halo",
];
test.for(refused)("%s is never contacted", (url) => {
  expect(isAllowed(url)).toBe(false);
});

test.for([
  "https://jakarta.example",
  "https://JAKARTA.Example",
  "https://jakarta.example.",
  "https://jakarta.example:443",
  "https://ranah.contoh.workers.dev/federation/deliver",
  "https://xn--caf-dma.example",
  "https://127.0.0.1.example",
  "https://localhost.example",
])("%s is a public name", (url) => {
  expect(isAllowed(url)).toBe(true);
});

test("with local peers this machine is contacted over plain HTTP, and no other address is added", () => {
  for (const url of ["http://127.0.0.1:8788", "http://localhost:8788", "http://127.1:8788"]) {
    expect(isAllowed(url)).toBe(false);
    expect(isAllowed(url, true)).toBe(true);
  }
  const still = [
    ...refused.filter((url) => !url.startsWith("http://127")),
    "http://10.0.0.1:8788",
    "http://[::1]:8788",
    "http://0.0.0.0:8788",
    "http://realm.localhost:8788",
    "http://user@127.0.0.1:8788",
    "http://:secret@localhost:8788",
    "https://127.0.0.1:8788",
  ];
  for (const url of still) expect([url, isAllowed(url, true)]).toEqual([url, false]);
});

const policy = (more: Partial<FederationPolicy> = {}): FederationPolicy => ({
  federation: "peers",
  peers: new Map([
    ["jakarta", new URL("https://jakarta.example")],
    ["dekat", new URL("http://127.0.0.1:8788")],
    ["dalam", new URL("https://10.0.0.1")],
  ] as [RealmName, URL][]),
  localPeers: false,
  ...more,
});
const origin = (realm: string, more?: Partial<FederationPolicy>) =>
  peerOrigin(policy(more), realm as RealmName)?.origin ?? null;

test("with FEDERATION = peers a realm has an origin only if it is configured and its origin is allowed", () => {
  expect(origin("jakarta")).toBe("https://jakarta.example");
  expect(origin("bandung")).toBeNull();
  expect(origin("bandung.example")).toBeNull();
  expect(origin("dalam")).toBeNull();
  expect(origin("dekat")).toBeNull();
  expect(origin("dekat", { localPeers: true })).toBe("http://127.0.0.1:8788");
});

test("in an open federation a public name with a dot is its own origin, at its own port", () => {
  const open = { federation: "open", localPeers: true } as const;
  expect(origin("bandung.example", open)).toBe("https://bandung.example");
  expect(origin("jakarta", open)).toBe("https://jakarta.example");
  for (const realm of ["bandung", "10.0.0.1", "127.1", "0x7f.1", "0177.0.0.1", "realm.localhost", "nas.local"]) {
    expect([realm, origin(realm, open)]).toEqual([realm, null]);
  }
});

test("a realm name that is no host name has no origin, and throws nothing", () => {
  const open = { federation: "open" } as const;
  for (const realm of ["1.2.3.256", "1.2.3.4.5", "bandung.0x", "a.09", "99999999999.1"]) {
    expect([realm, origin(realm, open)]).toEqual([realm, null]);
  }
});

test("with FEDERATION = off no realm has an origin", () => {
  for (const realm of ["jakarta", "bandung.example", "dekat"]) {
    expect(origin(realm, { federation: "off", localPeers: true })).toBeNull();
  }
});
