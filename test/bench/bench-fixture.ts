import { join } from "node:path";
import { seedAccounts, seedBaseline, seedMessages } from "./bench-accounts.ts";
import { type Program, ranahProgram } from "./program.ts";
import { WorkerdServer } from "./workerd-server.ts";

/** Number of accounts in each server. The first 64 send and the next 64 receive. */
const accountCount = 1_000;
export const senders = Array.from({ length: 64 }, (_, n) => n + 1);
/** The recipient of a sender. No sender is also a recipient. */
export const recipientOf = (sender: number) => sender + senders.length;
export const longMailboxOwner = 129;
const longMailboxSize = 10_000;

/** Two baseline servers and a realm, with the same accounts and the same long mailbox. */
export interface BenchFixture {
  baselineCommitEach: WorkerdServer;
  baselineGroupCommit: WorkerdServer;
  realm: WorkerdServer;
}

export async function openBenchFixture(): Promise<BenchFixture> {
  const fixture = {
    baselineCommitEach: new WorkerdServer(baselineProgram("commit-each")),
    baselineGroupCommit: new WorkerdServer(baselineProgram("group-commit")),
    realm: new WorkerdServer(await ranahProgram(), { REALM: "surabaya" }),
  };
  const servers = Object.values(fixture);
  // The first start creates the tables. The second start loads the rows that are written in between.
  await Promise.all(servers.map((server) => server.start()));
  await Promise.all(servers.map((server) => server.kill()));
  for (const baseline of [fixture.baselineCommitEach, fixture.baselineGroupCommit]) {
    seedBaseline(baseline, accountCount, longMailboxOwner, longMailboxSize);
  }
  seedAccounts(fixture.realm, 1, accountCount);
  seedMessages(fixture.realm, longMailboxOwner, 1, longMailboxSize);
  await Promise.all(servers.map((server) => server.start()));
  return fixture;
}

export function baselineProgram(name: "commit-each" | "group-commit"): Program {
  const folder = join(import.meta.dirname, "baseline");
  return {
    modules: [join(folder, `${name}.js`), join(folder, "baseline.js")],
    objects: [{ binding: "BASELINE", className: "Baseline", key: "baseline" }],
  };
}
