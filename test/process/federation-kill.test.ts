import { beforeAll, expect, test } from "vitest";
import { type Deployment, useTwoDeployments } from "../support/deployments.ts";
import { seededRandom } from "../support/seeded-random.ts";

const { surabaya, jakarta } = useTwoDeployments();
/** Messages each way, from two senders. */
const sends = 500;
const kills = 3;
let budi: string;
let citra: string;
let ani: string;
let dewi: string;

beforeAll(async () => {
  [budi, citra, ani, dewi] = await Promise.all([
    surabaya.signUp("budi"),
    surabaya.signUp("citra"),
    jakarta.signUp("ani"),
    jakarta.signUp("dewi"),
  ]);
});

test("kills of both realms at random moments lose and duplicate no message and keep each sender's order", {
  timeout: 120_000,
}, async () => {
  const random = seededRandom(20_261_124);
  await Promise.all([
    writeUnderKills(surabaya, { budi, citra }, "ani@jakarta", random),
    writeUnderKills(jakarta, { ani, dewi }, "budi@surabaya", random),
  ]);
  const expected = Array.from({ length: sends / 2 }, (_, n) => `pesan ${n + 1}`);
  for (const [realm, token, senders] of [
    [jakarta, ani, ["budi@surabaya", "citra@surabaya"]],
    [surabaya, budi, ["ani@jakarta", "dewi@jakarta"]],
  ] as const) {
    const inbox = () => realm.okData<{ from: string; text: string }[]>("inbox", { token });
    await expect.poll(async () => (await inbox()).length, { timeout: 60_000, interval: 200 }).toBe(sends);
    const messages = await inbox();
    for (const sender of senders) {
      expect(messages.filter(({ from }) => from === sender).map(({ text }) => text)).toEqual(expected);
    }
  }
  // The senders see every message as delivered.
  for (const [realm, token] of [
    [surabaya, budi],
    [surabaya, citra],
    [jakarta, ani],
    [jakarta, dewi],
  ] as const) {
    const states = async () =>
      (await realm.okData<{ state: string }[]>("sent", { token })).filter(({ state }) => state !== "delivered").length;
    await expect.poll(states, { timeout: 30_000 }).toBe(0);
  }
});

/** Two users of a realm each send one message after another while the realm is killed and restarted. */
async function writeUnderKills(
  { server }: Deployment,
  tokens: Record<string, string>,
  to: string,
  random: () => number,
): Promise<void> {
  // A kill is due after `at` answered sends, and `ms` milliseconds later.
  const plan = Array.from({ length: kills }, (_, n) => ({
    at: 1 + Math.floor(((n + 0.8 * random()) / kills) * sends),
    ms: 12 * random(),
  }));
  let answered = 0;
  const restarts: Promise<void>[] = [];
  const write = async (name: string, token: string) => {
    for (let n = 1; n <= sends / 2; n++) {
      const reply = await server.sendUntilAnswered(`sendprivate key=${name}-${n} ${to} pesan ${n}`, { token });
      expect(reply.status).toBe(200);
      answered++;
      const due = plan.find(({ at }) => at === answered);
      if (due) restarts.push(new Promise((done) => setTimeout(() => done(server.restart()), due.ms)));
    }
  };
  await Promise.all(Object.entries(tokens).map(([name, token]) => write(name, token)));
  await Promise.all(restarts);
  // The test means something only if each kill has cut off a send.
  expect(server.unansweredCount).toBeGreaterThanOrEqual(kills);
}
