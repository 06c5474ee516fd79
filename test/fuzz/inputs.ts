import fc from "fast-check";
import { anyText, nearlyALine } from "../protocol/arbitraries.ts";

/** One thing that is sent to a realm. */
export type FuzzInput =
  | { kind: "command"; body: Uint8Array; headers: Record<string, string>; asUser: boolean }
  | { kind: "bulk"; body: Uint8Array }
  | { kind: "frame"; frame: string | Uint8Array<ArrayBuffer> }
  /** Signed by a peer that the realm trusts. */
  | { kind: "peer"; path: string; body: string };

const bytes = (text: string) => new TextEncoder().encode(text);
/** Lines that neither wait nor end the session, so that the run goes on. */
const line = nearlyALine().filter((text) => !/wait=|^\s*(logout|passwd|unregister)/i.test(text));

const body = fc.oneof(
  { weight: 6, arbitrary: line.map(bytes) },
  { weight: 1, arbitrary: anyText.map(bytes) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(line, fc.constantFrom("\n", "\r\n", "\r\n\r\n", "\0", "\ufeff"))
      .map(([a, b]) => bytes(b + a + b)),
  },
);

/** Header values are visible ASCII, spaces and tabs: `fetch` sends no others. */
const headerText = fc.string({
  unit: fc.constantFrom(..."abcXYZ019 ,;=:/\\\"'()<>@[]{}?*-_.%\t".split("")),
  maxLength: 60,
});
const headers = fc.record(
  {
    "accept-language": headerText,
    accept: headerText,
    "content-type": headerText,
    "x-forwarded-for": headerText,
    "x-forwarded-proto": headerText,
    "stop-on-error": headerText,
    "if-none-match": headerText,
    "content-encoding": fc.constantFrom("gzip", "identity", "", ",", "identity, identity"),
    origin: headerText,
  },
  { requiredKeys: [] },
);

/** JSON that resembles the bodies between realms, with wrong types, lengths and members everywhere. */
const address = fc.constantFrom(
  "rina@malang",
  "budi@surabaya",
  "budi",
  "@",
  "a@b@c",
  "sistem@surabaya",
  "",
  "x".repeat(300),
);
const wrong = fc.oneof(fc.jsonValue({ maxDepth: 2 }), anyText, fc.constantFrom(null, -1, 1e308, "", [], {}));
const or = <T>(right: fc.Arbitrary<T>) => fc.oneof({ weight: 4, arbitrary: right }, wrong);
const message = fc.record(
  {
    kind: or(fc.constantFrom("private", "group", "membership", "membership-update", "replica")),
    uid: or(fc.uuid()),
    from: or(address),
    to: or(address),
    group: or(fc.constantFrom("tim@surabaya", "tim@malang", "tim")),
    text: or(anyText),
    time: or(fc.constantFrom("2026-11-23T10:00:00.000Z", "9999-99-99", "now")),
    change: or(fc.constantFrom("invited", "removed", "owner")),
    id: or(fc.integer()),
    version: or(fc.integer()),
    __proto__: wrong,
  },
  { requiredKeys: [] },
);
const query = fc.record(
  {
    kind: or(fc.constantFrom("read", "join", "leave", "members", "invite", "kick")),
    group: or(fc.constantFrom("tim@surabaya", "tim@malang", "tim")),
    by: or(address),
    member: or(address),
    have: or(fc.integer()),
    after: or(fc.integer()),
    limit: or(fc.integer()),
    text: or(anyText),
  },
  { requiredKeys: [] },
);
const peerBody = fc.oneof(
  { weight: 4, arbitrary: fc.array(or(message), { maxLength: 6 }).map((messages) => JSON.stringify({ messages })) },
  { weight: 4, arbitrary: query.map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.json({ maxDepth: 4 }) },
  { weight: 1, arbitrary: anyText },
);

export const fuzzInput: fc.Arbitrary<FuzzInput> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("command" as const), body, headers, asUser: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc
      .array(line, { maxLength: 8 })
      .map((lines) => ({ kind: "bulk" as const, body: bytes(lines.join("\n")) })),
  },
  {
    weight: 3,
    arbitrary: fc
      .oneof(
        line,
        anyText,
        fc.uint8Array({ maxLength: 50 }).map((frame) => Uint8Array.from(frame)),
      )
      .map((frame) => ({ kind: "frame" as const, frame })),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("peer" as const),
      path: fc.constantFrom("/federation/deliver", "/federation/query", "/federation/echo"),
      body: peerBody,
    }),
  },
);
