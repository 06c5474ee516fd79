import { join } from "node:path";
import { defineConfig } from "vitest/config";

const root = join(import.meta.dirname, "..");

/** The program of `npm run serve`, plain workerd, and wrangler's development server, which runs workerd too. */
const servers = ["selfhost", "workerd", "wrangler"] as const;
type Server = (typeof servers)[number];
/** The shard counts of the realms under test, and the default server for each: by default both hosts are tested. */
const defaultServers: Record<number, Server> = { 1: "wrangler", 4: "selfhost" };
/** These test what only Durable Objects do: rows that are billed, and sockets that hibernate. */
const ofDurableObjects = [
  "test/http/cost.test.ts",
  "test/http/damaged-socket.test.ts",
  "test/attack/rows-read.test.ts",
];

/** Attacks that take a minute each on a host or another. By default one host is attacked: TEST_SERVER=all attacks every one. */
const longAttacks = ["ping-floods", "pipelined-frames", "stalled-readers", "strange-realms", "unread-frames"].map(
  (name) => `test/attack/${name}.test.ts`,
);

/**
 * The black-box suite tests over HTTP and WebSocket, with realms of one shard and of four shards. TEST_SERVER=all runs every
 * pair of a shard count and a server; the name of a server runs both shard counts on it.
 */
const selected = process.env.TEST_SERVER;
const blackBox = Object.entries(defaultServers).flatMap(([shards, defaultServer]) => {
  const chosen = selected === "all" ? servers : [servers.find((server) => server === selected) ?? defaultServer];
  return chosen.map((server) => ({
    extends: true as const,
    test: {
      name: server === defaultServer ? `shards-${shards}` : `shards-${shards}-${server}`,
      include: ["test/{http,attack}/**/*.test.ts"],
      exclude: [
        ...(server === "selfhost" ? ofDurableObjects : []),
        ...(selected === undefined && server === "wrangler" ? longAttacks : []),
      ],
      ...on(server, { TEST_SHARDS: shards }),
    },
  }));
});

/** `npm run serve` starts the deployments of federation tests. TEST_SERVER=all also starts them with wrangler. */
const deploymentsOnWrangler =
  selected === "all"
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
    // A state is waited for: a loaded machine takes its time.
    expect: { poll: { timeout: 20_000 } },
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
            "test/{protocol,accounts,messaging,groups,delivery,live,shard,shard-api,storage,paging,config,cloudflare,hasher,federation,admission,bodies,selfhost,worker,simulation,web}/**/*.test.ts",
          ],
        },
      },
      ...blackBox,
      { extends: true, test: { name: "process", include: ["test/process/**/*.test.ts"], ...on("selfhost") } },
      {
        extends: true,
        test: {
          name: "cli",
          include: ["test/cli/**/*.test.ts"],
          ...on("selfhost"),
          globalSetup: ["test/support/build-cli.ts"],
        },
      },
      {
        extends: true,
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          ...on("selfhost"),
          globalSetup: ["test/support/chromium.ts"],
          expect: { poll: { timeout: 10_000, interval: 50 } },
        },
      },
      ...deploymentsOnWrangler,
    ],
  },
});
