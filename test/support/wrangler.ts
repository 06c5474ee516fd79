import { join } from "node:path";
import { createTestHarness, unstable_readConfig } from "wrangler";
import type { ServerDriver, Variables } from "./server-driver.ts";

const root = join(import.meta.dirname, "../..");

export function wranglerDriver(main?: string): ServerDriver {
  const harness = createTestHarness();
  return {
    async start(vars) {
      const worker = main ? { config: configFor(main, vars) } : { configPath: "./wrangler.toml", vars };
      await harness.update({ root, workers: [worker] });
      return (await harness.listen()).url;
    },
    async query(name, query) {
      return (await harness.getWorker().getDurableObjectStorage("RealmShard", { name })).exec(query);
    },
    evict: (name) => harness.getWorker().evictDurableObject("RealmShard", { name, webSockets: "hibernate" }),
    logs: () => JSON.stringify(harness.getLogs()),
    close: () => harness.close(),
  };
}

/** The configuration of wrangler.toml with another main module and the same Durable Objects. */
function configFor(main: string, vars: Variables) {
  const { name, compatibility_date, compatibility_flags, durable_objects, exports } = unstable_readConfig({
    config: join(root, "wrangler.toml"),
  });
  return { name, main, compatibility_date, compatibility_flags, durable_objects, exports, vars };
}
