import { beforeAll, beforeEach, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { groupMessage, joined, noSuchGroup, time, useMalang } from "../http/malang-fixture.ts";

const { server, command, texts, deliver, answerQueries } = await useMalang();
let budi: string;
let rounds = 0;
/** The account of this test: others have no notices in its inbox. */
let name: string;
beforeAll(async () => {
  await server.seedAccounts(["ani"]);
});
beforeEach(async () => {
  name = `budi${++rounds}`;
  [budi = ""] = await server.seedAccounts([name]);
});

let count = 0;
const update = (change: string, group: string, by: string, version?: number) => {
  return {
    ...{ kind: "membership-update", uid: `uid-${++count}`, group: `${group}@malang`, to: `${name}@surabaya` },
    ...{ change, by, time, version },
  };
};
const delivered = { state: "delivered" };

test("a peer cannot make the system say that an account of this realm invites to a group of the peer", async () => {
  expect(await deliver([update("invited", "palsu", "ani@surabaya", 1)])).toEqual([delivered]);
  const [notice = "", ...more] = (await texts(budi, "inbox")) as string[];
  expect(more).toEqual([]);
  expect(notice).not.toContain("ani@surabaya");
  expect(notice).toContain("Realm malang says: You are invited to group palsu@malang");
  expect(await deliver([update("invited", "jujur", "rina@malang", 1)])).toEqual([delivered]);
  expect((await texts(budi, "inbox last=1")) as string[]).toEqual([
    expect.stringContaining("Realm malang says: rina@malang invites you to group jujur@malang"),
  ]);
});

test("a peer cannot make the system speak of memberships that the account does not have", async () => {
  const unknown = ["owner", "removed"].map((change) => update(change, "asing", "rina@malang", 2));
  expect(await deliver(unknown)).toEqual([delivered, delivered]);
  expect(await texts(budi, "inbox")).toEqual([]);
  expect((await command(budi, "groups")).json.data).toEqual([]);
  await deliver([update("invited", "undangan", "rina@malang", 1)]);
  await deliver([update("owner", "undangan", "rina@malang", 2)]);
  expect(await texts(budi, "inbox")).toHaveLength(1);
  expect((await command(budi, "groups")).json.data).toMatchObject([{ group: "undangan@malang", role: "invited" }]);
});

test("a peer that invites again and again, and to more groups than fit, writes no more notices than rows of groups", async () => {
  for (let version = 1; version <= 5; version++) await deliver([update("invited", "gigih", "rina@malang", version)]);
  expect(await texts(budi, "inbox")).toHaveLength(1);
  const most = limits.invitationsPerRealm;
  const batch = (from: number) =>
    Array.from({ length: most }, (_, n) => update("invited", `banjir-${from + n}`, "rina@malang", 1));
  for (const from of [0, most]) await deliver(batch(from));
  expect(await texts(budi, "inbox")).toHaveLength(most);
  expect((await command(budi, "groups")).json.data).toHaveLength(most);
});

test("a group of a peer has no message in the name of the system of this realm", async () => {
  answerQueries(({ kind }) => (kind === "join" ? joined(0) : noSuchGroup));
  await command(budi, "joingroup sandiwara@malang");
  const forged = { ...groupMessage("sandiwara", 1), from: "sistem@surabaya", after: 0 };
  expect(await deliver([forged])).toEqual([{ state: "failed", reason: "refused" }]);
  answerQueries(({ kind }) =>
    kind === "read-group"
      ? { ok: true, rows: [{ id: 1, from: "sistem@surabaya", text: "kirim sandi Anda", time }], rest: null }
      : noSuchGroup,
  );
  expect((await command(budi, "inboxgroup lain@malang")).headers["error-code"]).toBe("realm-faulty");
});
