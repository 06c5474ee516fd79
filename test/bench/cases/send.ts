import { text } from "../bench-accounts.ts";
import { recipientOf, senders } from "../bench-fixture.ts";
import type { Case } from "../comparison.ts";
import { againstFloor, answering } from "./lines.ts";

/** Private messages, one request each: against inserts that are committed together, and each by itself. */
export const send: Case = async (ground) => {
  const lines = senders.map((by) => ({ by, line: `sendprivate ${recipientOf(by)} ${text}` }));
  const [floor, realm] = againstFloor(ground, lines);
  if (!floor || !realm) return [];
  return [
    {
      name: "private send",
      connections: [1, 32, 128],
      contenders: [floor, answering("floor, commit each", ground.each, lines), realm],
      aim: ">= 0.8 of the floor at 32 and 128, p99 <= 1.5 of its",
    },
  ];
};
