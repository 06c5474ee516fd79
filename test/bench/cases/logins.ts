import { senders } from "../bench-fixture.ts";
import { sendCommand } from "../commands.ts";
import type { BenchCase, Measure } from "../comparison.ts";
import { httpLoad } from "./candidates.ts";

const loginsAtOnce = 8;

/** Whether logins, which hash a password each, hold up other requests. */
export const logins: BenchCase = async ({ node, workerd }) => {
  const whoami = senders.map((by) => ({ by, line: "whoami" }));
  const registered = `login${Date.now().toString(36)}`;
  for (const { realm } of [node, workerd]) await sendCommand(realm, 1, `register ${registered} rahasia-sekali`);
  return [
    {
      name: `whoami during ${loginsAtOnce} logins at once`,
      connections: [1],
      candidates: [node, workerd].flatMap(({ name, realm }) => [
        {
          name: `quiet on ${name}`,
          run: (measure: Measure, connections: number, seconds: number) =>
            measure(httpLoad(realm, whoami, connections, seconds), [realm]),
        },
        {
          name: `during logins on ${name}`,
          reference: `quiet on ${name}`,
          async run(measure: Measure, connections: number, seconds: number) {
            let isRunning = true;
            const login = async () => {
              while (isRunning) await sendCommand(realm, 1, `auth ${registered} rahasia-sekali`);
            };
            const running = Array.from({ length: loginsAtOnce }, login);
            const sample = await measure(httpLoad(realm, whoami, connections, seconds), [realm]);
            isRunning = false;
            await Promise.all(running);
            return sample;
          },
        },
      ]),
      target: "on Node p99 at most 3 times the quiet one's",
    },
  ];
};
