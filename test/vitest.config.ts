import { join } from "node:path";
import { defineConfig } from "vitest/config";

const root = join(import.meta.dirname, "..");

type Server = "workerd" | "wrangler";
/** The shard counts of the realms under test, and the server that each is tried on. */
const usual: Record<number, Server> = { 1: "workerd", 4: "wrangler" };

/**
 * The black-box suite goes through the real door: with a realm of one object and of four, on plain workerd and on
 * wrangler's development server. Each of them is met once, or in every pair where TEST_SERVER is `both`. Where it is the
 * name of one of them, that one is met by both shard counts.
 */
const blackBox = Object.entries(usual).flatMap(([shards, usually]) => {
  const given = process.env.TEST_SERVER;
  const servers: Server[] = given === "both" ? ["workerd", "wrangler"] : [(given as Server) ?? usually];
  return servers.map((server) => ({
    extends: true as const,
    test: {
      name: given === "both" && server !== usually ? `shards-${shards}-${server}` : `shards-${shards}`,
      include: ["test/http/**/*.test.ts"],
      ...on(server, { TEST_SHARDS: shards }),
    },
  }));
});

/** Deployments are started by `npm run serve`; with TEST_SERVER `both` by wrangler too. */
const deploymentsOnWrangler =
  process.env.TEST_SERVER === "both"
    ? [
        {
          extends: true as const,
          test: { name: "process-wrangler", include: ["test/process/federation*.test.ts"], ...on("wrangler") },
        },
      ]
    : [];

/** Has `useServer` start this server. What plain workerd serves is built once for all files. */
function on(server: Server, env: Record<string, string> = {}) {
  return {
    env: { ...env, TEST_SERVER: server },
    globalSetup: server === "workerd" ? ["test/support/bundles.ts"] : [],
  };
}

export default defineConfig({
  root,
  test: {
    // Two cores, and each server is a process of its own.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    // Where others share the machine a deadline may be missed once. What is wrong stays wrong the second time.
    retry: process.env.CI ? 1 : 0,
    globalSetup: ["test/support/page.ts"],
    env: { WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" },
    projects: [
      {
        extends: true,
        test: {
          name: "pure",
          include: [
            "test/*.test.ts",
            "test/{protocol,accounts,messaging,groups,delivery,live,shard,shard-api,storage,paging,config,cloudflare,hasher,federation,simulation,web}/**/*.test.ts",
          ],
        },
      },
      ...blackBox,
      { extends: true, test: { name: "process", include: ["test/process/**/*.test.ts"], ...on("workerd") } },
      {
        extends: true,
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          ...on("workerd"),
          globalSetup: ["test/support/bundles.ts", "test/support/chromium.ts"],
          expect: { poll: { timeout: 10_000, interval: 50 } },
        },
      },
      ...deploymentsOnWrangler,
    ],
  },
});
