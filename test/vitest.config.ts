import { join } from "node:path";
import { defineConfig } from "vitest/config";

const root = join(import.meta.dirname, "..");

/** The black-box suite goes through the real door twice: with a realm of one object, and with a realm of four. */
const blackBox = (shards: number) => ({
  extends: true as const,
  test: { name: `shards-${shards}`, include: ["test/http/**/*.test.ts"], env: { TEST_SHARDS: String(shards) } },
});

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
    env: { WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" },
    projects: [
      {
        extends: true,
        test: {
          name: "pure",
          include: ["test/{protocol,account,message,link,realm,hasher,federation,simulation}/**/*.test.ts"],
        },
      },
      blackBox(1),
      blackBox(4),
      { extends: true, test: { name: "process", include: ["test/process/**/*.test.ts"] } },
    ],
  },
});
