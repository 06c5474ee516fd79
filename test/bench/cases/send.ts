import { messageText } from "../bench-accounts.ts";
import { recipientOf, senders } from "../bench-fixture.ts";
import type { BenchCase } from "../comparison.ts";
import { httpCandidate } from "./candidates.ts";

/** Private messages, one per request, compared with baselines that commit in groups and one by one. */
export const privateSend: BenchCase = async ({ baselineGroupCommit, baselineCommitEach, realm }) => {
  const commands = senders.map((by) => ({ by, line: `sendprivate ${recipientOf(by)} ${messageText}` }));
  return [
    {
      name: "private send",
      connections: [1, 32, 128],
      candidates: [
        httpCandidate("baseline", baselineGroupCommit, commands),
        httpCandidate("baseline, commit each", baselineCommitEach, commands),
        httpCandidate("Ranah", realm, commands),
      ],
      target: "throughput >= 0.8 of the baseline and p99 <= 1.5 times the baseline's at 32 and 128 connections",
    },
  ];
};
