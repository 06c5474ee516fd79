import { join } from "node:path";
import { defineConfig } from "vitest/config";

const root = join(import.meta.dirname, "..");

type Server = "workerd" | "wrangler";
/** The shard counts of the realms under test, and the default server for each. */
const defaultServers: Record<number, Server> = { 1: "workerd", 4: "wrangler" };

/**
 * The black-box suite tests over HTTP and WebSocket, with realms of one shard and of four shards, on plain workerd and on
 * wrangler's development server. By default each shard count runs on its default server. TEST_SERVER=both runs every pair;
 * TEST_SERVER=workerd or TEST_SERVER=wrangler runs both shard counts on that server.
 */
const blackBox = Object.entries(defaultServers).flatMap(([shards, defaultServer]) => {
  const selected = process.env.TEST_SERVER;
  const servers: Server[] = selected === "both" ? ["workerd", "wrangler"] : [(selected as Server) ?? defaultServer];
  return servers.map((server) => ({
    extends: true as const,
    test: {
      name: selected === "both" && server !== defaultServer ? `shards-${shards}-${server}` : `shards-${shards}`,
      include: ["test/http/**/*.test.ts"],
      ...on(server, { TEST_SHARDS: shards }),
    },
  }));
});

/** `npm run serve` starts the deployments of federation tests. TEST_SERVER=both also starts them with wrangler. */
const deploymentsOnWrangler =
  process.env.TEST_SERVER === "both"
    ? [
        {
          extends: true as const,
          test: { name: "process-wrangler", include: ["test/process/federation*.test.ts"], ...on("wrangler") },
        },
      ]
    : [];

/** Selects the server that `useServer` starts. Bundles for plain workerd are built once for all files. */
function on(server: Server, env: Record<string, string> = {}) {
  return {
    env: { ...env, TEST_SERVER: server },
    globalSetup: server === "workerd" ? ["test/support/bundles.ts"] : [],
  };
}

export default defineConfig({
  root,
  test: {
    // Each test file also starts a server process, so two workers keep two cores busy.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    // On a shared machine a deadline may be missed once. A real failure fails again.
    retry: process.env.CI ? 1 : 0,
    globalSetup: ["test/support/build-page.ts"],
    env: { WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" },
    projects: [
      {
        extends: true,
        test: {
          name: "pure",
          include: [
            "test/*.test.ts",
            "test/{protocol,accounts,messaging,groups,delivery,live,shard,shard-api,storage,paging,config,cloudflare,hasher,federation,worker,simulation,web}/**/*.test.ts",
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
