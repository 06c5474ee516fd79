import { messageText } from "../bench-accounts.ts";
import { senders } from "../bench-fixture.ts";
import { createGroup } from "../commands.ts";
import type { BenchCase, Comparison } from "../comparison.ts";
import { realmsAndFloors } from "./candidates.ts";

/** Group messages, in a small group and in a large group. */
export const groupSend: BenchCase = async (fixture) => {
  const comparisons: Comparison[] = [];
  // The floors read the group's name as the number of a mailbox.
  for (const [group, memberCount] of [
    ["2001", 2],
    ["2002", 1_000],
  ] as const) {
    const members = Array.from({ length: memberCount }, (_, n) => n + 1);
    await createGroup(fixture.node.realm, group, members);
    await createGroup(fixture.workerd.realm, group, members);
    const commands = senders.slice(0, memberCount).map((by) => ({ by, line: `sendgroup ${group} ${messageText}` }));
    comparisons.push({
      name: `group send, ${memberCount.toLocaleString("en")} members`,
      connections: [1, 32, 128],
      candidates: realmsAndFloors(fixture, commands),
      target: "as of a private send, for any group size",
    });
  }
  return comparisons;
};
