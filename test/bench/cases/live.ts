import { text, tokenOf } from "../bench-accounts.ts";
import { recipientOf, senders } from "../bench-fixture.ts";
import type { Case } from "../comparison.ts";
import { answering } from "./lines.ts";

/** The same sends over HTTP and over live sockets, where each has some unanswered at any time. */
export const live: Case = async ({ realm }) => {
  if ((await fetch(`${realm.url}/live`)).status === 404)
    return [{ name: "live send", skipped: "/live is answered 404" }];
  const some = senders.slice(0, 32);
  const lines = some.map((by) => `sendprivate ${recipientOf(by)} ${text}`);
  const http = answering(
    "HTTP",
    realm,
    some.map((by, n) => ({ by, line: lines[n] ?? "" })),
  );
  return [
    {
      name: "send over 32 live sockets, pipelined",
      connections: [32],
      contenders: [
        http,
        {
          name: "live",
          run: (measure, _, seconds) =>
            measure(
              {
                kind: "live",
                url: `${realm.url.replace("http", "ws")}/live`,
                tokens: some.map(tokenOf),
                lines,
                seconds,
                unanswered: 16,
              },
              [realm],
            ),
        },
      ],
      aim: ">= 2 of HTTP",
    },
  ];
};
