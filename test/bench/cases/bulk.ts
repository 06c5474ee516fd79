import { bearerHeader, messageText } from "../bench-accounts.ts";
import { recipientOf, senders } from "../bench-fixture.ts";
import type { BenchCase, Comparison, Measure } from "../comparison.ts";

const batchSize = 500;

/** `POST /commands`: 500 sends in one request. */
export const bulkSend: BenchCase = async ({ node, workerd }) =>
  [1, 100].map((recipients): Comparison => {
    const requests = senders.map((by) => ({
      headers: bearerHeader(by),
      body: Array.from(
        { length: batchSize },
        (_, n) => `sendprivate ${recipients === 1 ? recipientOf(by) : 200 + (n % recipients)} ${messageText}\n`,
      ).join(""),
    }));
    return {
      name: `bulk send, batches of ${batchSize} to ${recipients}`,
      connections: [1, 8],
      candidates: [
        ...[node, workerd].map(({ name, realm }) => ({
          name: `Ranah on ${name}`,
          run: (measure: Measure, connections: number, seconds: number) =>
            measure(
              { kind: "http", url: `${realm.url}/commands`, connections, seconds, requests, checksReplies: true },
              [realm],
              batchSize,
            ),
        })),
      ],
      target: "on Node 40,000 messages a second where the floor does 12,000 sends",
      minSeconds: 1.5,
    };
  });
