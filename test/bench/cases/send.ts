import { messageText } from "../bench-accounts.ts";
import { recipientOf, senders } from "../bench-fixture.ts";
import type { BenchCase } from "../comparison.ts";
import { httpCandidate, realmsAndFloors } from "./candidates.ts";

/** Private messages, one per request. */
export const privateSend: BenchCase = async (fixture) => {
  const commands = senders.map((by) => ({ by, line: `sendprivate ${recipientOf(by)} ${messageText}` }));
  return [
    {
      name: "private send",
      connections: [1, 32, 128],
      candidates: [
        ...realmsAndFloors(fixture, commands),
        httpCandidate("workerd floor, a commit each", fixture.commitEach, commands),
      ],
      target:
        "on Node 0.8 of the floor at 1 connection and 0.6 at 32 and 128, and 4 times Ranah on workerd; p99 at most twice the floor's",
    },
  ];
};
