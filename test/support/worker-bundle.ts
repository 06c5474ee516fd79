import { join } from "node:path";
import { build } from "vite";
import { buildPage } from "../../src/dev/build-page.ts";

const root = join(import.meta.dirname, "../..");

/**
 * Bundles the Worker and all its imports into one module for plain workerd.
 *
 * @param main the main module; tests pass their own
 */
export async function bundleWorker(main = "src/index.ts"): Promise<string> {
  await buildPage();
  const built = await build({
    root,
    configFile: false,
    envDir: false,
    publicDir: false,
    logLevel: "warn",
    resolve: { conditions: ["workerd", "worker", "module", "import"] },
    ssr: { noExternal: true, target: "webworker" },
    build: {
      ssr: main,
      write: false,
      minify: false,
      target: "es2024",
      rolldownOptions: { external: /^(cloudflare|node):/, output: { codeSplitting: false } },
    },
  });
  const [chunk, ...others] = [built].flat().flatMap((each) => ("output" in each ? each.output : []));
  if (chunk?.type !== "chunk" || others.length > 0) throw new Error(`the bundle of ${main} is more than one module`);
  return chunk.code;
}
