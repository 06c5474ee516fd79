import { join } from "node:path";
import { seedAccounts, seedFloor, seedMessages } from "./bench-accounts.ts";
import type { BenchServer } from "./bench-server.ts";
import { NodeFloor, NodeServer } from "./node-server.ts";
import { type Program, ranahProgram } from "./program.ts";
import { WorkerdServer } from "./workerd-server.ts";

/** Number of accounts in each server. The first 64 send and the next 64 receive. */
const accountCount = 1_000;
export const senders = Array.from({ length: 64 }, (_, n) => n + 1);
/** The recipient of a sender. No sender is also a recipient. */
export const recipientOf = (sender: number) => sender + senders.length;
export const longMailboxOwner = 129;
const longMailboxSize = 10_000;

/** A host with its floor, the server that does the same durable work and nothing else. */
export interface BenchHost {
  name: string;
  floor: BenchServer;
  realm: BenchServer;
}

/** Both hosts, with the same accounts and the same long mailbox in all servers, which are started together. */
export interface BenchFixture {
  node: BenchHost;
  workerd: BenchHost;
  /** The floor of workerd that commits each send by itself. */
  commitEach: BenchServer;
}

export async function openBenchFixture(): Promise<BenchFixture> {
  const fixture: BenchFixture = {
    node: {
      name: "Node",
      floor: new NodeFloor(),
      realm: new NodeServer({ REALM: "surabaya", ACCOUNT_RATE: "1000000" }),
    },
    workerd: {
      name: "workerd",
      floor: new WorkerdServer(floorProgram("group-commit")),
      realm: new WorkerdServer(await ranahProgram(), { REALM: "surabaya", ACCOUNT_RATE: "1000000" }),
    },
    commitEach: new WorkerdServer(floorProgram("commit-each")),
  };
  const { node, workerd, commitEach } = fixture;
  const realms = [node.realm, workerd.realm];
  const floors = [node.floor, workerd.floor, commitEach];
  const servers = [...realms, ...floors];
  // The first start creates the tables. The second start loads the rows that are written in between.
  await Promise.all(servers.map((server) => server.start()));
  await Promise.all(servers.map((server) => server.kill()));
  for (const floor of floors) seedFloor(floor, accountCount, longMailboxOwner, longMailboxSize);
  for (const realm of realms) {
    seedAccounts(realm, 1, accountCount);
    seedMessages(realm, longMailboxOwner, 1, longMailboxSize);
  }
  await Promise.all(servers.map((server) => server.start()));
  return fixture;
}

export function floorProgram(name: "commit-each" | "group-commit"): Program {
  const folder = join(import.meta.dirname, "floor");
  return {
    modules: [join(folder, `${name}.js`), join(folder, "workerd-floor.js")],
    objects: [{ binding: "FLOOR", className: "Floor", key: "floor" }],
  };
}
