import { shardIndexOf } from "../../../src/shard-api/shard-names.ts";
import { messageText, seedAccounts } from "../bench-accounts.ts";
import type { BenchServer } from "../bench-server.ts";
import type { BenchCase } from "../comparison.ts";
import { NodeServer } from "../node-server.ts";
import { type BenchCommands, httpCandidate } from "./candidates.ts";

const accountCount = 256;

/** Private messages within the shards of realms of one, two and four shards, which use one thread or as many as there are cores. */
export const shards: BenchCase = async () => {
  const realms = await Promise.all([1, 2, 4].map(async (count) => ({ count, realm: await openRealm(count) })));
  return [
    {
      name: "private send by number of shards",
      connections: [32, 128],
      candidates: realms.map(({ count, realm }) =>
        httpCandidate(nameOf(count), realm, commandsWithin(count), count > 1 ? nameOf(1) : undefined),
      ),
      target: "two shards 1.5 times one",
    },
  ];
};

const nameOf = (count: number) => `Ranah on Node, ${count} shards`;

async function openRealm(count: number): Promise<BenchServer> {
  const realm = new NodeServer({ REALM: "surabaya", SHARDS: String(count) });
  await realm.start();
  await realm.kill();
  seedAccounts(realm, 1, accountCount, count);
  await realm.start();
  return realm;
}

/** 64 sends, each to a recipient in the sender's shard. */
function commandsWithin(count: number): BenchCommands {
  const shardOf = (account: number) => shardIndexOf(String(account) as never, count);
  return Array.from({ length: 64 }, (_, n) => {
    const by = n + 1;
    let to = by + 64;
    while (shardOf(to) !== shardOf(by)) to++;
    return { by, line: `sendprivate ${to} ${messageText}` };
  });
}
