import { describe, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import {
  parseDeliveryAnswer,
  parseEcho,
  parseEchoAnswer,
  parseGroupAnswer,
  parseQuery,
  parseQueryAnswer,
  parseWellKnown,
  type WellKnown,
  type WireEchoAnswer,
  type WireGroupAnswer,
  type WireGroupMessage,
  type WireMembershipUpdate,
  type WireMessage,
  type WireQuery,
  type WireQueryAnswer,
} from "../../src/protocol/federation-wire.ts";
import {
  type GroupReply,
  type GroupRequest,
  groupErrorCodes,
  membershipChanges,
} from "../../src/protocol/group-requests.ts";
import type { Member } from "../../src/protocol/replies.ts";
import { federationPage } from "./page.ts";
import { ani, budi, bytesOf, deliveryOf, jakarta, surabaya, tim, time } from "./wire.ts";

/** Complete bodies. The types require every member of the contract here, and so in the document. */
const key: Required<WellKnown["keys"][number]> = { kty: "OKP", crv: "Ed25519", kid: "1", x: "x".repeat(43) };
const endpoints: Required<WellKnown["endpoints"]> = { deliver: "/a", query: "/b", echo: "/c" };
const wellKnownDocument: Required<WellKnown> = { realm: surabaya, version: 1, time, endpoints, keys: [key] };
const message: Required<WireMessage> = { uid: "k/1", kind: "private", from: budi, to: ani, text: "halo", time };
const groupMessage: Required<WireGroupMessage> = {
  kind: "group-message",
  group: tim,
  id: 1,
  after: 0,
  from: budi,
  text: "halo",
  time,
};
const membershipUpdate: Required<WireMembershipUpdate> = {
  kind: "membership-update",
  uid: "k/2",
  group: tim,
  to: budi,
  change: "invited",
  by: ani,
  time,
  version: 1,
};
const page: Record<keyof WireQuery["page"], number> = { after: 1, before: 9, limit: 5, last: 5, wait: 0 };
const query: Required<WireQuery> = { kind: "read-group", group: ani, by: budi, page };
const rest = { after: 1, until: 9, rows: 5 };
const read: Required<WireQueryAnswer & { ok: true }> = {
  ok: true,
  rows: [{ id: 1, from: ani, text: "a", time }],
  rest,
};
const unread: Required<WireQueryAnswer & { ok: false }> = { ok: false, error: "no-such-group" };
const asked = { group: tim, by: budi };
const requests: { [K in GroupRequest["kind"]]: Required<GroupRequest & { kind: K }> } = {
  join: { kind: "join", ...asked, have: 0 },
  leave: { kind: "leave", ...asked },
  members: { kind: "members", ...asked },
  invite: { kind: "invite", ...asked, member: ani },
  kick: { kind: "kick", ...asked, member: ani },
};
const member: Required<Member> = { user: budi, role: "invited", joined: time };
const replies: { [K in GroupReply["kind"]]: Required<GroupReply & { kind: K }> } = {
  joined: { kind: "joined", role: "owner", newest: 0, version: 1 },
  left: { kind: "left" },
  members: { kind: "members", members: [member] },
  invited: { kind: "invited", state: "already-member" },
  kicked: { kind: "kicked" },
};
const answered = (reply: object) => ({ ok: true, reply });
const echoed: Required<WireEchoAnswer> = { text: "a", realm: jakarta, time };

interface Body {
  what: string;
  heading: string;
  parse: (bytes: Uint8Array) => unknown;
  body: object;
  /** Optional members. */
  optional?: object;
  /** Puts an object of the contract into a complete body. */
  within?: (part: object) => object;
}
const bodies: Body[] = [
  { what: "a well-known document", heading: "## Well-known document", parse: parseWellKnown, body: wellKnownDocument },
  {
    what: "the endpoints of a well-known document",
    heading: "## Well-known document",
    parse: parseWellKnown,
    body: endpoints,
    within: (part) => ({ ...wellKnownDocument, endpoints: part }),
  },
  { what: "a delivery", heading: "## Delivery", parse: deliveryOf, body: { messages: [message] } },
  {
    what: "a message",
    heading: "## Delivery",
    parse: deliveryOf,
    body: message,
    within: (part) => ({ messages: [part] }),
  },
  ...[groupMessage, membershipUpdate].map((item) => ({
    what: `a ${item.kind}`,
    heading: "## Group replication",
    parse: deliveryOf,
    body: item,
    optional: { after: 0, version: 0 },
    within: (part: object) => ({ messages: [part] }),
  })),
  {
    what: "the answer to a delivery",
    heading: "## Delivery",
    parse: parseDeliveryAnswer,
    body: { results: [{ state: "deferred" }] },
  },
  {
    what: "a result that is a failure",
    heading: "## Delivery",
    parse: parseDeliveryAnswer,
    body: { state: "failed", reason: "refused" },
    within: (part) => ({ results: [part] }),
  },
  {
    what: "a result that is a success",
    heading: "## Delivery",
    parse: parseDeliveryAnswer,
    body: { state: "delivered", id: 3 },
    optional: { id: 3 },
    within: (part) => ({ results: [part] }),
  },
  { what: "a query", heading: "## Group reads", parse: parseQuery, body: query },
  {
    what: "the page of a query",
    heading: "## Group reads",
    parse: parseQuery,
    body: page,
    optional: page,
    within: (part) => ({ ...query, page: part }),
  },
  { what: "the answer to a query", heading: "## Group reads", parse: parseQueryAnswer, body: read },
  {
    what: "a row of the answer",
    heading: "## Group reads",
    parse: parseQueryAnswer,
    body: read.rows[0] as object,
    within: (part) => ({ ...read, rows: [part] }),
  },
  {
    what: "the rest of a page",
    heading: "## Group reads",
    parse: parseQueryAnswer,
    body: rest,
    within: (part) => ({ ...read, rest: part }),
  },
  { what: "the refusal of a query", heading: "## Group reads", parse: parseQueryAnswer, body: unread },
  ...Object.values(requests).map((body) => ({
    what: `a query to ${body.kind}`,
    heading: "## Membership requests",
    parse: parseQuery,
    body,
  })),
  ...Object.values(replies).map((body) => ({
    what: `the reply ${body.kind}`,
    heading: "## Membership requests",
    parse: parseGroupAnswer,
    body,
    optional: { version: 0 },
    within: answered,
  })),
  {
    what: "a member",
    heading: "## Membership requests",
    parse: parseGroupAnswer,
    body: member,
    within: (part) => answered({ kind: "members", members: [part] }),
  },
  {
    what: "the refusal of what was asked",
    heading: "## Membership requests",
    parse: parseGroupAnswer,
    body: { ok: false, error: "owner-only" } satisfies Required<WireGroupAnswer & { ok: false }>,
  },
  { what: "an echo", heading: "## Echo", parse: parseEcho, body: { text: "a" } },
  { what: "the answer to an echo", heading: "## Echo", parse: parseEchoAnswer, body: echoed },
];
test.each(bodies)("the document names every member of $what, and only optional ones may be missing", (each) => {
  const { heading, parse, body, optional = {}, within = (part) => part } = each;
  expect(parse(bytesOf(within(body)))).toEqual(within(body));
  for (const member of Object.keys(body)) {
    expect(federationPage.section(heading)).toContain(`\`${member}\``);
    const { [member]: _, ...others } = body as Record<string, unknown>;
    expect([member, parse(bytesOf(within(others))) !== null]).toEqual([member, member in optional]);
  }
  // Unknown members are ignored.
  expect(parse(bytesOf(within({ ...body, besok: 1 })))).toEqual(within(body));
});

test("the document names every member of a key, and a key without one, or of another type, is ignored", () => {
  const read = (...keys: object[]) => parseWellKnown(bytesOf({ ...wellKnownDocument, keys }))?.keys;
  for (const member of Object.keys(key)) {
    expect(federationPage.section("## Well-known document")).toContain(`\`${member}\``);
    const { [member]: _, ...others } = key as Record<string, unknown>;
    expect(read(others, key)).toEqual([key]);
  }
  expect(read({ ...key, besok: 1 })).toMatchObject([key]);
  const foreign = [{ ...key, crv: "X25519" }, { kty: "EC", crv: "P-256", kid: "2", x: "a", y: "b" }, { kty: "AKP" }];
  expect(read(...foreign, key, { ...key, x: "A" })).toEqual([key]);
  expect(read(...foreign)).toEqual([]);
});

test("a time of a row becomes UTC with milliseconds, and an author without a realm is invalid", () => {
  const rows = (row: object) => parseQueryAnswer(bytesOf({ ...read, rows: [{ ...read.rows[0], ...row }] }));
  expect(rows({ time: "2026-11-23T17:00:00+07:00" })).toMatchObject({ rows: [{ time }] });
  for (const from of ["budi", "", "@surabaya", "budi@", "budi budi@surabaya"])
    expect([from, rows({ from })]).toEqual([from, null]);
});

/** Invalid addresses, times and numbers. */
const noAddress = [
  "tim",
  "",
  "@jakarta",
  "tim@",
  "tim tim@jakarta",
  "tim@jakarta@x",
  "tím@jakarta",
  1,
  null,
  [tim],
  {},
];
const noTime = ["", "kemarin", "2026-11-23", "2026-11-23T10:00:00", "2026-13-23T10:00:00Z", Date.parse(time), null];
const noNumber = [-1, 1.5, "1", null, true, 2 ** 53, [1]];

describe("a batch is refused as a whole if", () => {
  const within = (part: object) => deliveryOf(bytesOf({ messages: [message, part] }));
  const uids = ["", "a b", "é", "x".repeat(67), "a\n", 1, null];
  const wrong: [what: string, body: object, member: string, values: unknown[]][] = [
    ["the group of a group message", groupMessage, "group", noAddress],
    ["the author of a group message", groupMessage, "from", noAddress],
    ["the number of a group message", groupMessage, "id", [0, ...noNumber]],
    ["the predecessor of a group message", groupMessage, "after", noNumber],
    ["the text of a group message", groupMessage, "text", [1, null, ["halo"]]],
    ["the time of a group message", groupMessage, "time", noTime],
    ["the uid of a membership update", membershipUpdate, "uid", uids],
    ["the group of a membership update", membershipUpdate, "group", noAddress],
    ["the member of a membership update", membershipUpdate, "to", noAddress],
    ["the author of a membership update", membershipUpdate, "by", noAddress],
    [
      "the kind of a membership update",
      membershipUpdate,
      "change",
      ["", "member", "joined", "Invited", "kicked", null, ["owner"]],
    ],
    ["the time of a membership update", membershipUpdate, "time", noTime],
    ["the version of a membership update", membershipUpdate, "version", noNumber],
    ["the kind", groupMessage, "kind", ["", "Copy", "mailbox", "changes", "invite", null, 1]],
  ];
  test.each(wrong)("%s is invalid", (_, body, member, values) => {
    for (const value of values) expect([value, within({ ...body, [member]: value })]).toEqual([value, null]);
  });

  test("a kind has the members of another", () => {
    expect(within({ ...message, kind: "group-message" })).toBeNull();
    expect(within({ ...message, kind: "membership-update" })).toBeNull();
    expect(within({ ...groupMessage, kind: "group" })).toBeNull();
    expect(within({ ...membershipUpdate, kind: "private" })).toBeNull();
  });
});

test("messages, group messages and every membership change, of any realms, parse in one batch", () => {
  const elsewhere = { ...groupMessage, from: "siti@bandung", id: Number.MAX_SAFE_INTEGER };
  const changes = membershipChanges.map((word) => ({ ...membershipUpdate, change: word, by: "siti@bandung" }));
  const messages = [groupMessage, message, { ...message, kind: "group", to: tim }, ...changes, elsewhere];
  expect(deliveryOf(bytesOf({ messages }))).toEqual({ messages });
});

test("an address in any case parses to lower case", () => {
  const loud = { ...membershipUpdate, group: "TIM@Jakarta", to: "Budi@SURABAYA", by: "ANI@jakarta" };
  expect(deliveryOf(bytesOf({ messages: [loud] }))).toEqual({ messages: [membershipUpdate] });
  expect(parseQuery(bytesOf({ ...requests.kick, member: "Ani@JAKARTA" }))).toEqual(requests.kick);
});

test("only a delivered result has an id, and it must be valid", () => {
  const results = (result: object) => parseDeliveryAnswer(bytesOf({ results: [result] }))?.results[0];
  expect(results({ state: "delivered", id: 7 })).toEqual({ state: "delivered", id: 7 });
  expect(results({ state: "deferred", id: 7 })).toEqual({ state: "deferred" });
  expect(results({ state: "failed", reason: "refused", id: 7 })).toEqual({ state: "failed", reason: "refused" });
  for (const id of noNumber) expect([id, results({ state: "delivered", id })]).toEqual([id, undefined]);
});

describe("a membership request is refused if", () => {
  test.each(Object.values(requests))("an address of $kind is invalid", (request) => {
    for (const member of ["group", "by", ...("member" in request ? ["member"] : [])]) {
      for (const value of noAddress) {
        expect([member, value, parseQuery(bytesOf({ ...request, [member]: value }))]).toEqual([member, value, null]);
      }
    }
  });

  test("`have` or the kind is invalid", () => {
    for (const have of noNumber) expect([have, parseQuery(bytesOf({ ...requests.join, have }))]).toEqual([have, null]);
    for (const kind of ["", "Join", "joined", "delete", null, 1])
      expect([kind, parseQuery(bytesOf({ ...requests.leave, kind }))]).toEqual([kind, null]);
    expect(parseQuery(bytesOf({ ...requests.leave, kind: "read-group" }))).toBeNull();
  });
});

describe("the answer to a membership request is refused if", () => {
  const read = (reply: object) => parseGroupAnswer(bytesOf({ ok: true, reply }));
  const listed = (part: object) => read({ kind: "members", members: [{ ...member, ...part }] });

  test("a role, a state or a number is invalid", () => {
    for (const role of ["invited", "joining", "Owner", "", null]) expect(read({ ...replies.joined, role })).toBeNull();
    for (const newest of noNumber) expect(read({ ...replies.joined, newest })).toBeNull();
    for (const version of noNumber) expect(read({ ...replies.joined, version })).toBeNull();
    for (const state of ["failed", "deferred", "", null]) expect(read({ kind: "invited", state })).toBeNull();
    for (const role of ["joining", "kicked", "", null]) expect(listed({ role })).toBeNull();
    for (const joined of noTime) expect(listed({ joined })).toBeNull();
    for (const user of noAddress) expect(listed({ user })).toBeNull();
  });

  test("there are more members than a group may have", () => {
    const many = (count: number) => read({ kind: "members", members: Array.from({ length: count }, () => member) });
    expect(many(limits.membersPerGroup)).not.toBeNull();
    expect(many(limits.membersPerGroup + 1)).toBeNull();
  });

  test("its kind or its error is unknown", () => {
    for (const kind of ["", "join", "Joined", "deleted", null]) expect(read({ ...replies.joined, kind })).toBeNull();
    expect(parseGroupAnswer(bytesOf({ ok: true }))).toBeNull();
    expect(parseGroupAnswer(bytesOf({ ok: "true", reply: replies.left }))).toBeNull();
    for (const error of groupErrorCodes)
      expect(parseGroupAnswer(bytesOf({ ok: false, error }))).toEqual({ ok: false, error });
    for (const error of ["realm-away", "internal", "", null])
      expect(parseGroupAnswer(bytesOf({ ok: false, error }))).toBeNull();
  });
});
