import { expect, test } from "vitest";
import { parseConfig } from "../../src/config/config.ts";
import { MembershipUpdateReceiver } from "../../src/groups/membership-update-receiver.ts";
import { Memberships } from "../../src/groups/memberships.ts";
import type { FullAddress, RealmName } from "../../src/protocol/names.ts";
import { AddressRouter } from "../../src/shard-api/address-router.ts";
import type { MembershipUpdate } from "../../src/shard-api/outbound-items.ts";
import { openMessaging } from "../support/messaging.ts";
import { migratedDatabase } from "../support/sqlite.ts";

const realm = "surabaya" as RealmName;
const budi = "budi@surabaya" as FullAddress;
const rina = "rina@jakarta" as FullAddress;
const tim = "tim@jakarta" as FullAddress;

/** The account budi, who gets updates of groups of jakarta. */
function setUp() {
  const { database, unitOfWork } = migratedDatabase();
  const config = parseConfig({ REALM: realm, PEERS: { jakarta: "https://jakarta.example" } });
  const { blocks, logs, mailboxes, mailboxWriter, readMarkers } = openMessaging({ database, unitOfWork }, () => 1);
  const memberships = new Memberships(database, unitOfWork, readMarkers);
  const router = new AddressRouter(config, realm, 0);
  const receiver = new MembershipUpdateReceiver({ router, mailboxes, mailboxWriter, blocks, memberships });
  const accountId = unitOfWork.runNow((tx) => logs.addLog(tx, "mailbox", "budi"));
  const receive = (change: MembershipUpdate["change"], version: number) =>
    unitOfWork.runNow((tx) =>
      receiver.apply(tx, {
        kind: "membership-update",
        uid: crypto.randomUUID(),
        group: tim,
        to: budi,
        change,
        by: rina,
        time: 1,
        version,
      }),
    );
  const markJoining = () => unitOfWork.runNow((tx) => memberships.markJoining(tx, accountId, tim));
  return { receive, markJoining, role: () => memberships.roleOf(accountId, tim) };
}

test("an account that is only invited does not become the owner of a group elsewhere without a join of its own", () => {
  const { receive, role } = setUp();
  receive("invited", 1);
  receive("owner", 2);
  expect(role()).toBe("invited");
});

test("an account that is joining becomes the owner", () => {
  const { receive, markJoining, role } = setUp();
  receive("invited", 1);
  markJoining();
  receive("owner", 3);
  expect(role()).toBe("owner");
});

test("an account without a role does not become the owner", () => {
  const { receive, role } = setUp();
  receive("owner", 2);
  expect(role()).toBe(null);
});
