/**
 * Builds the browser client into one module, `src/web/dist/page.ts`, which the Worker imports. So the page is a part of the
 * Worker wherever that runs, and needs no binding. wrangler calls this before each bundle; where nothing has changed it
 * only looks.
 */
import { createHash } from "node:crypto";
import { globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const root = join(import.meta.dirname, "../..");
const target = join(root, "src/web/dist/page.ts");
const types = { js: "text/javascript", css: "text/css", svg: "image/svg+xml" } as const;

/** @returns whether there was anything to do */
export async function buildPage(): Promise<boolean> {
  const mark = `// ${digestOf(sources())}\n`;
  if (readIfThere(target).startsWith(mark)) return false;
  const module = mark + moduleOf(await bundle());
  mkdirSync(join(target, ".."), { recursive: true });
  // Others may build at the same time: whoever reads gets a whole file of either.
  const draft = `${target}.${process.pid}`;
  writeFileSync(draft, module);
  renameSync(draft, target);
  return true;
}

/** Whatever the page is made of. */
function sources(): string {
  const ours = globSync(
    ["src/web/**/*.{ts,tsx,css,html,svg,json}", "src/protocol/*.ts", "src/*.ts", "src/dev/build-page.ts"],
    {
      cwd: root,
      exclude: ["src/web/dist/**"],
    },
  );
  // The lock file knows the libraries; a copy of the sources without one is built from what is there.
  return [...ours.sort(), "package-lock.json"].map((file) => file + readIfThere(join(root, file))).join("\n");
}

async function bundle(): Promise<[name: string, text: string][]> {
  // Only when there is something to build: loading it takes longer than looking.
  const { build } = await import("vite");
  const built = await build({
    configFile: false,
    root: join(root, "src/web"),
    logLevel: "warn",
    // The same page whoever builds it: under a test runner, too, it is the one that is deployed.
    mode: "production",
    define: { "process.env.NODE_ENV": '"production"' },
    oxc: { jsx: { runtime: "automatic", importSource: "preact", development: false } },
    build: {
      write: false,
      target: ["chrome123", "firefox128", "safari17.5"],
      // Each asset is a file of its own: nothing is inline, so that the page's policy can forbid it.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
  });
  const output = Array.isArray(built) ? built.flatMap((each) => each.output) : "output" in built ? built.output : [];
  return output.map((file) => {
    const text = file.type === "chunk" ? file.code : file.source;
    return [file.fileName, typeof text === "string" ? text : new TextDecoder().decode(text)];
  });
}

function moduleOf(files: [name: string, text: string][]): string {
  const html = files.find(([name]) => name === "index.html")?.[1] ?? "";
  const assets = Object.fromEntries(
    files.flatMap(([name, body]) => {
      const type = types[name.split(".").at(-1) as keyof typeof types];
      return type ? [[name.replace(/^assets\//, ""), { type: `${type}; charset=utf-8`, body }]] : [];
    }),
  );
  const page = { html, etag: `"${digestOf(html)}"`, assets };
  return `export const page: {
  html: string;
  etag: string;
  assets: Record<string, { type: string; body: string }>;
} = ${JSON.stringify(page, null, 1)};
`;
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await buildPage();
