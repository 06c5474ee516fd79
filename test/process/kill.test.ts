import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KillableServer } from "../support/killable-server.ts";
import { seededRandom } from "../support/seeded-random.ts";

const jakarta = "jakarta.localhost";

// A kill ends the same runtime under both. Wrangler has two more processes and takes seconds to restart.
describe.each([
  { launcher: "serve", shards: 1, kills: 3, processes: 1 },
  { launcher: "serve", shards: 2, kills: 2, processes: 1 },
  { launcher: "wrangler", shards: 1, kills: 1, processes: 3 },
] as const)("a server of $shards shards that is started by $launcher", ({ launcher, shards, kills, processes }) => {
  const server = new KillableServer({ SHARDS: shards }, launcher);
  const sends = 40 * kills;
  let budi: string;
  let citra: string;
  let ani: string;

  beforeAll(async () => {
    await server.start();
    [budi, citra, ani] = await Promise.all([signUp("budi"), signUp("citra"), signUp("ani", jakarta)]);
  });
  afterAll(() => server.dispose());

  test("keeps a message that was answered OK through a kill right after the answer", async () => {
    for (const [to, token, host] of [
      ["citra", citra, undefined],
      ["ani@jakarta", ani, jakarta],
    ] as const) {
      const reply = await server.command(`sendprivate ${to} sebelum mati`, { token: budi });
      const restarted = server.restart();
      expect(reply.headers["delivery-state"]).toBe("delivered");
      await restarted;
      expect(await texts(token, host)).toEqual(["sebelum mati"]);
    }
  });

  test("loses and duplicates no message in kills at random moments, and keeps the order of each recipient", async () => {
    const random = seededRandom(20_261_123);
    // A kill is due after `at` answered sends, and `ms` milliseconds later.
    const plan = Array.from({ length: kills }, (_, n) => n / kills).map((part) => ({
      at: 1 + Math.floor((part + (0.5 * random()) / kills) * sends),
      ms: 4 * random(),
    }));
    let answered = 0;
    const restarts: Promise<void>[] = [];

    const writeTo = async (to: string) => {
      for (let n = 1; n <= sends / 2; n++) {
        const reply = await server.sendUntilAnswered(`sendprivate key=${to}-${n} ${to} pesan ${n}`, { token: budi });
        expect(reply.status).toBe(200);
        answered++;
        const due = plan.find(({ at }) => at === answered);
        if (due) restarts.push(new Promise((done) => setTimeout(() => done(server.restart()), due.ms)));
      }
    };
    await Promise.all([writeTo("citra"), writeTo("ani@jakarta")]);
    await Promise.all(restarts);
    // The test means something only if kills have cut off sends. On a slow machine one may come during the restart before it.
    expect(server.unansweredCount).toBeGreaterThan(0);

    const expected = ["sebelum mati", ...Array.from({ length: sends / 2 }, (_, n) => `pesan ${n + 1}`)];
    expect(await texts(citra)).toEqual(expected);
    await expect.poll(() => texts(ani, jakarta), { timeout: 30_000, interval: 100 }).toEqual(expected);
  });

  test("leaves no process after a kill", async () => {
    expect(server.processIds().length).toBeGreaterThanOrEqual(processes);
    await server.kill();
    expect(server.processIds()).toEqual([]);
  });

  async function signUp(name: string, host?: string): Promise<string> {
    await server.command(`register ${name} rahasia-${name}`, { host });
    const reply = await server.command(`auth ${name} rahasia-${name}`, { host });
    return (reply.json.data as { token: string }).token;
  }

  async function texts(token: string, host?: string): Promise<string[]> {
    const { json } = await server.command("inbox", { token, host });
    return (json.data as { text: string }[]).map((message) => message.text);
  }
});
