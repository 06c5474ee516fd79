import { beforeAll, expect, test } from "vitest";
import { CliUser, jsonLines } from "../support/cli.ts";
import { useTwoDeployments } from "../support/deployments.ts";

const { surabaya, jakarta } = useTwoDeployments();
const user = new CliUser();
let env: Record<string, string>;
let aniToken: string;

beforeAll(async () => {
  [env, aniToken] = [
    { RANAH_URL: surabaya.server.url.origin, RANAH_TOKEN: await surabaya.signUp("budi") },
    await jakarta.signUp("ani"),
  ];
});

test("a message to a realm that is away exits with 75, and --wait waits for its final state", async () => {
  await jakarta.server.kill();
  const queued = await user.run(["send", "--json", "--key", "k1", "ani@jakarta", "halo"], { env });
  expect([queued.code, ...jsonLines(queued.stdout)]).toMatchObject([75, { state: "queued", key: "k1" }]);
  expect((await user.run(["status", "k1"], { env })).code).toBe(75);
  expect((await user.run(["send", "--wait=300ms", "ani@jakarta", "lagi"], { env })).code).toBe(75);

  const waiting = user.start(["send", "--wait=60s", "ani@jakarta", "terakhir"], { env });
  const failing = user.start(["send", "--wait=60s", "siti@jakarta", "siapa"], { env });
  await jakarta.server.start();
  await surabaya.operatorCommand("retry jakarta");
  expect((await waiting.ended).code).toBe(0);
  expect((await failing.ended).code).toBe(69);
  expect(await jakarta.messageTexts(aniToken)).toEqual(["halo", "lagi", "terakhir"]);
  expect((await user.run(["status", "k1"], { env })).code).toBe(0);
});

test("two realms keep the protocol between them", async () => {
  const urls = [surabaya, jakarta].map(({ server }) => server.url.origin);
  const { code, stdout } = await user.run(["check", ...urls, "--only", "realms.,forged.", "--json"]);
  const results = jsonLines(stdout);
  expect(results.filter(({ state }) => state === "failed" || state === "skipped")).toEqual([]);
  expect([code, results.at(-1)]).toEqual([0, { passed: 14, failed: 0, skipped: 0 }]);
});
