import { text } from "../bench-accounts.ts";
import { give, senders } from "../bench-fixture.ts";
import type { Case } from "../comparison.ts";
import type { Plain } from "../workerd-server.ts";
import { againstFloor } from "./lines.ts";

/** Group messages, in a small group and in a large one. */
export const group: Case = async (ground) => {
  const contests = [];
  for (const [group, members] of [
    [2001, 2],
    [2002, 1_000],
  ] as const) {
    const made = await give(ground.realm, 1, `creategroup ${group}`);
    if (made.status !== 200) throw new Error(`creategroup was answered ${made.text}`);
    const joined = await join(ground.realm, group, members);
    const by = senders.slice(0, Math.max(1, Math.min(members, senders.length)));
    const who = joined === 1 ? "an open group" : `${joined.toLocaleString("en")} members`;
    contests.push({
      name: `group send, ${who}`,
      connections: [1, 32, 128],
      contenders: againstFloor(
        ground,
        by.map((by) => ({ by, line: `sendgroup ${group} ${text}` })),
      ),
      aim: ">= 0.8 of the floor at 32 and 128, p99 <= 1.5 of its, whatever the members",
    });
    // Without membership all groups are alike.
    if (joined === 1)
      return [...contests, { name: "group send, 1,000 members", skipped: "groups have no members yet" }];
  }
  return contests;
};

/** Lets people join, some at once. @returns how many members there are then: 1 where groups have no members */
async function join(realm: Plain, group: number, members: number): Promise<number> {
  let joined = 1;
  for (let first = 2; first <= members; first += 32) {
    const some = Array.from({ length: Math.min(32, members - first + 1) }, (_, n) => first + n);
    const replies = await Promise.all(some.map((name) => give(realm, name, `joingroup ${group}`)));
    if (replies.some(({ error }) => error === "unknown-command")) break;
    joined += replies.filter(({ status }) => status === 200).length;
  }
  return joined;
}
