import { messageText, tokenOf } from "../bench-accounts.ts";
import { recipientOf, senders } from "../bench-fixture.ts";
import type { BenchCase, Measure } from "../comparison.ts";
import { httpCandidate } from "./candidates.ts";

/** The same sends over HTTP and over live sockets. Each socket keeps 16 commands unanswered. */
export const liveSend: BenchCase = async ({ node, workerd }) => {
  const commands = senders.slice(0, 32).map((by) => ({ by, line: `sendprivate ${recipientOf(by)} ${messageText}` }));
  const load = {
    kind: "live" as const,
    tokens: commands.map(({ by }) => tokenOf(by)),
    lines: commands.map(({ line }) => line),
    inFlight: 16,
  };
  return [
    {
      name: "send over 32 live sockets, pipelined",
      connections: [32],
      candidates: [node, workerd].flatMap(({ name, realm }) => [
        httpCandidate(`HTTP on ${name}`, realm, commands),
        {
          name: `live on ${name}`,
          reference: `HTTP on ${name}`,
          run: (measure: Measure, _: number, seconds: number) =>
            measure({ ...load, url: `${realm.url.replace("http", "ws")}/live`, seconds }, [realm]),
        },
      ]),
      target: ">= 2 times the throughput over HTTP",
    },
  ];
};
