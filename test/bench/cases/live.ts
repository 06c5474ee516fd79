import { messageText, tokenOf } from "../bench-accounts.ts";
import { recipientOf, senders } from "../bench-fixture.ts";
import type { BenchCase } from "../comparison.ts";
import { httpCandidate } from "./candidates.ts";

/** The same sends over HTTP and over live sockets. Each socket keeps 16 commands unanswered. */
export const liveSend: BenchCase = async ({ realm }) => {
  const commands = senders.slice(0, 32).map((by) => ({ by, line: `sendprivate ${recipientOf(by)} ${messageText}` }));
  const load = {
    kind: "live" as const,
    url: `${realm.url.replace("http", "ws")}/live`,
    tokens: commands.map(({ by }) => tokenOf(by)),
    lines: commands.map(({ line }) => line),
    inFlight: 16,
  };
  return [
    {
      name: "send over 32 live sockets, pipelined",
      connections: [32],
      candidates: [
        httpCandidate("HTTP", realm, commands),
        { name: "live", run: (measure, _, seconds) => measure({ ...load, seconds }, [realm]) },
      ],
      target: ">= 2 times the throughput over HTTP",
    },
  ];
};
