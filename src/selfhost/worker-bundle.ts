import { join } from "node:path";
import { build } from "vite";
import { buildPage } from "../dev/build-page.ts";

const root = join(import.meta.dirname, "../..");

/**
 * The Worker and all that it imports as one module, which plain workerd runs.
 *
 * @param main a Worker that stands in for `src/index.ts`
 */
export async function bundle(main = "src/index.ts"): Promise<string> {
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
  const [chunk, ...others] = [built].flat().flatMap((one) => ("output" in one ? one.output : []));
  if (chunk?.type !== "chunk" || others.length > 0) throw new Error(`${main} did not become one module`);
  return chunk.code;
}
