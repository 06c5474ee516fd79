import { expect, test } from "vitest";
import { ConfigError, parseConfig } from "../../src/config/config.ts";

type Variables = Record<string, unknown>;
const config = (variables: Variables) => parseConfig({ REALM: "surabaya", ...variables });
const peer = (name: string, origin: string, more: Variables = {}) =>
  config({ PEERS: JSON.stringify({ jakarta: "https://jakarta.example", [name]: origin }), ...more });

const notARealm = "is no name of a realm";
const hosted = "is a realm of this deployment, which needs no peer";
const notAllowed = "its origin must be https on port 443, with a public host name; for development see LOCAL_PEERS";
/** Peers that are not allowed or can never be reached. */
const invalidPeers: [what: string, name: string, origin: string, reason: string, more?: Variables][] = [
  ["an invalid realm name", "ja_karta", "https://bandung.example", notARealm],
  ["an empty name", "", "https://bandung.example", notARealm],
  ["the name of the realm itself", "surabaya", "https://bandung.example", hosted],
  ["the name of the realm itself in capitals", "SURABAYA", "https://bandung.example", hosted],
  [
    "the name of a realm of the same server",
    "malang",
    "https://bandung.example",
    hosted,
    { REALMS: '{"malang.example":"malang"}' },
  ],
  ["plain HTTP", "bandung", "http://bandung.example", notAllowed],
  ["another port", "bandung", "https://bandung.example:8443", notAllowed],
  ["an IP address", "bandung", "https://10.0.0.1", notAllowed],
  ["a loopback address", "bandung", "http://127.0.0.1:8787", notAllowed],
  ["a name without a dot", "bandung", "https://bandung", notAllowed],
  [
    "a user and a password",
    "bandung",
    "https://a:b@bandung.example",
    "is more than an origin: leave out user, password, path and query",
  ],
  ["a host name instead of a URL", "bandung", "bandung.example", "is no URL"],
];
test.for(invalidPeers)(
  "a peer with %s is rejected by an error that names the peer and the reason, and hides its value",
  ([, name, origin, reason, more]) => {
    expect(messageOf({ PEERS: JSON.stringify({ jakarta: "https://jakarta.example", [name]: origin }), ...more })).toBe(
      `configuration: PEERS (${name}: ${reason}) cannot be used as given`,
    );
  },
);

test.each([
  [{ PEERS: "{" }, "PEERS (must be a table, or a JSON object as text)"],
  [{ PEERS: "[]" }, "PEERS (must be a table, or a JSON object as text)"],
  [{ PEERS: 5 }, "PEERS (must be a table, or a JSON object as text)"],
  [{ PEERS: '{"jakarta":5}' }, "PEERS (jakarta: is no URL)"],
  [{ REALM: "ja karta" }, "REALM (is no name of a realm)"],
  [{ REALMS: '{"jakarta.example:8443":"jakarta"}' }, "REALMS (jakarta.example:8443: is no host name)"],
  [{ REALMS: '{"jakarta.example":"ja karta"}' }, "REALMS (jakarta.example: is no name of a realm)"],
  [{ FEDERATION: "ya" }, "FEDERATION (must be one of peers, open, off)"],
  [
    { SHARDS: "17", OPERATOR_TOKEN: "rahasia" },
    "SHARDS (must be a whole number from 1 to 16), OPERATOR_TOKEN (must have at least 16 characters, all of visible ASCII)",
  ],
])("the error for %j says what is wrong, and hides the value", (variables, faults) => {
  expect(messageOf(variables)).toBe(`configuration: ${faults} cannot be used as given`);
});

function messageOf(variables: Variables): string {
  try {
    config(variables);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
  }
  return "no configuration error";
}

test("valid peers are configured under their names in lower case", () => {
  const { peers } = peer("Bandung", "https://Bandung.Example/");
  expect([...peers].map(([name, url]) => [name, url.origin])).toEqual([
    ["jakarta", "https://jakarta.example"],
    ["bandung", "https://bandung.example"],
  ]);
  const local = peer("bandung", "http://127.0.0.1:8788", { LOCAL_PEERS: "yes" });
  expect(local.peers.size).toBe(2);
});

test("a peer's URL that is more than an origin is rejected, not trimmed", () => {
  for (const more of ["/x", "/x/", "?a", "#a"]) {
    expect(() => peer("bandung", `https://bandung.example${more}`), more).toThrow("PEERS");
  }
  expect(() => peer("bandung", "https://nama:sandi@bandung.example")).toThrow("PEERS");
  expect(peer("bandung", "https://bandung.example/").peers.size).toBe(2);
});

test("a key of REALMS that no Host header can match is rejected", () => {
  const hosts = (key: string) => config({ REALMS: JSON.stringify({ [key]: "jakarta" }) });
  for (const key of [
    "jakarta.example:8443",
    "https://jakarta.example",
    "*.example",
    "jakarta.example.",
    "jakarta example",
    "",
    "münchen.example",
  ]) {
    expect(() => hosts(key), key).toThrow("REALMS");
  }
  expect([...hosts("Jakarta.Example").realms]).toEqual([["jakarta.example", "jakarta"]]);
  expect(hosts("127.0.0.1").realms.size).toBe(1);
});

test("an operator token that is too short or that no header can carry is rejected", () => {
  for (const OPERATOR_TOKEN of ["a long pass phrase of mine", "rahasia-operator-é", "short"]) {
    expect(() => config({ OPERATOR_TOKEN }), OPERATOR_TOKEN).toThrow("OPERATOR_TOKEN");
  }
  expect(config({ OPERATOR_TOKEN: "rahasia-operator" }).operatorToken).toBe("rahasia-operator");
});

test("shards, rates and days are whole numbers in their range, as text or as numbers", () => {
  for (const SHARDS of [1, 16, "4", "016"]) expect(config({ SHARDS }).shards).toBe(Number(SHARDS));
  for (const SHARDS of [0, 17, 1.5, -1, Number.NaN, "1.5", "0", "17", "-1", "1e1", "0x4", " 4", "empat"]) {
    expect(() => config({ SHARDS }), String(SHARDS)).toThrow("SHARDS");
  }
  for (const RETENTION_DAYS of [7, 8.5, "7", "8.5", -8]) {
    expect(() => config({ RETENTION_DAYS }), String(RETENTION_DAYS)).toThrow("RETENTION_DAYS");
  }
  for (const ACCOUNT_QUOTA_MB of [0, 0.5, 10_001]) {
    expect(() => config({ ACCOUNT_QUOTA_MB })).toThrow("ACCOUNT_QUOTA_MB");
  }
  for (const ACCOUNT_RATE of [0, 0.5, "0"]) expect(() => config({ ACCOUNT_RATE })).toThrow("ACCOUNT_RATE");
  for (const TRUSTED_PROXIES of ["proxy.example", "10.0.0.0/33", "10.0.0.1,", 7]) {
    expect(() => config({ TRUSTED_PROXIES })).toThrow("TRUSTED_PROXIES");
  }
  expect(config({ TRUSTED_PROXIES: "10.0.0.0/8, ::1" }).trustedProxies).toMatchObject([{ prefix: 8 }, { prefix: 128 }]);
  for (const PEER_RATE of [0, 0.5, "0"]) expect(() => config({ PEER_RATE })).toThrow("PEER_RATE");
  expect(config({ SHARDS: "", RETENTION_DAYS: "", PEER_RATE: "" })).toMatchObject({ shards: 1, retentionDays: null });
});
