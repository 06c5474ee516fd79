import { bearer, text } from "../bench-accounts.ts";
import { recipientOf, senders } from "../bench-fixture.ts";
import type { Case, Contest } from "../comparison.ts";

const batch = 500;

/** `POST /commands`: 500 sends in one request. */
export const bulk: Case = async ({ realm }) => {
  const asked = await fetch(`${realm.url}/commands`, { method: "POST", headers: bearer(1), body: "whoami\n" });
  if (asked.status === 404) return [{ name: "bulk send", skipped: "POST /commands is answered 404" }];
  return [1, 100].map((recipients): Contest => {
    const requests = senders.map((by) => ({
      headers: bearer(by),
      body: Array.from(
        { length: batch },
        (_, n) => `sendprivate ${recipients === 1 ? recipientOf(by) : 200 + (n % recipients)} ${text}\n`,
      ).join(""),
    }));
    return {
      name: `bulk send, batches of ${batch} to ${recipients}`,
      connections: [1, 8],
      contenders: [
        {
          name: "Ranah",
          run: (measure, connections, seconds) =>
            measure(
              { kind: "http", url: `${realm.url}/commands`, connections, seconds, requests, isRead: true },
              [realm],
              batch,
            ),
        },
      ],
      aim: ">= 10,000 messages/s",
      secondsMin: 1.5,
    };
  });
};
