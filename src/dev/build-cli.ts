/**
 * Bundles the terminal client into one file, `src/cli/dist/ranah.js`, which needs nothing but Node, and writes its manual page
 * beside it. npm runs this after `npm ci` and before `npm pack`; unchanged sources are not built again.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const root = join(import.meta.dirname, "../..");
const folder = join(root, "src/cli/dist");
const target = join(folder, "ranah.js");

/** Old versions of Node fail in the middle of something. This line can be read by all of them. */
const versionCheck = `const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 12)) {
  process.stderr.write("ranah needs Node.js 22.12 or newer; this is " + process.versions.node + "\\n");
  process.exit(70);
}`;

/** Builds the bundle unless it is up to date. @returns whether it was built */
export async function buildCli(): Promise<boolean> {
  const digestLine = `// ${digestOfSources()}`;
  if (readIfExists(target).split("\n", 2)[1] === digestLine) return false;
  mkdirSync(folder, { recursive: true });
  // Other processes may build or run it at the same time. The renames let them see only complete files.
  const temporary = join(folder, `ranah.${process.pid}.js`);
  writeFileSync(temporary, `#!/usr/bin/env node\n${digestLine}\n${versionCheck}\n${await bundle()}`, { mode: 0o755 });
  const page = execFileSync(process.execPath, [temporary, "man"], { env: { LANG: "en" }, encoding: "utf8" });
  writeFileSync(`${temporary}.1`, page);
  renameSync(`${temporary}.1`, join(folder, "ranah.1"));
  renameSync(temporary, target);
  return true;
}

async function bundle(): Promise<string> {
  const { build } = await import("vite");
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const built = await build({
    root,
    configFile: false,
    envDir: false,
    publicDir: false,
    logLevel: "warn",
    define: { RANAH_VERSION: JSON.stringify(version) },
    ssr: { noExternal: true, target: "node" },
    build: {
      ssr: "src/cli/main.ts",
      write: false,
      // Half of the time to start it is the time to read it.
      minify: true,
      target: "node22",
      rolldownOptions: {
        // Optional accelerators of ws, which it does without.
        external: [/^node:/, "bufferutil", "utf-8-validate"],
        output: { codeSplitting: false },
      },
    },
  });
  const [chunk, ...others] = [built].flat().flatMap((each) => ("output" in each ? each.output : []));
  if (chunk?.type !== "chunk" || others.length > 0) throw new Error("the bundle is more than one module");
  return chunk.code;
}

/** Everything that the bundle depends on. The lock file holds the versions of the libraries. */
function digestOfSources(): string {
  const patterns = ["src/cli/**/*.ts", "src/protocol/*.ts", "src/limits.ts", "src/dev/build-cli.ts"];
  const files = globSync(patterns, { cwd: root, exclude: ["src/cli/dist/**"] }).sort();
  const hash = createHash("sha256");
  for (const file of [...files, "package.json", "package-lock.json"]) {
    hash.update(`${file}\n${readIfExists(join(root, file))}\n`);
  }
  return hash.digest("base64url").slice(0, 22);
}

function readIfExists(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await buildCli();
