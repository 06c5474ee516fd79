/**
 * Builds the browser client into one module, `src/web/dist/page.ts`, which the Worker imports. The page is then a part of
 * the Worker and needs no binding. wrangler runs this before each bundle; unchanged sources are not built again.
 */
import { createHash } from "node:crypto";
import { chmodSync, globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { pathToFileURL } from "node:url";

const root = join(import.meta.dirname, "../..");
const target = join(root, "src/web/dist/page.ts");
const mimeTypes = new Map([
  [".js", "text/javascript"],
  [".css", "text/css"],
  [".svg", "image/svg+xml"],
]);

/** Builds the module unless it is up to date. @returns whether it was built */
export async function buildPage(): Promise<boolean> {
  const digestLine = `// ${digestOf(readSources())}\n`;
  if (readIfExists(target).startsWith(digestLine)) return false;
  const module = digestLine + pageModule(await bundlePage());
  const folder = join(target, "..");
  mkdirSync(folder, { recursive: true });
  // Other processes may build or read at the same time. The rename lets them see only complete files.
  const temporary = `${target}.${process.pid}`;
  writeFileSync(temporary, module);
  // Whoever builds it, the user of a service reads it: a server's umask is for its data.
  chmodSync(folder, 0o755);
  chmodSync(temporary, 0o644);
  renameSync(temporary, target);
  return true;
}

/** The text of every file that the module depends on. */
function readSources(): string {
  const files = globSync(
    ["src/web/**/*.{ts,tsx,css,html,svg,json}", "src/protocol/*.ts", "src/*.ts", "src/dev/build-page.ts"],
    {
      cwd: root,
      exclude: ["src/web/dist/**"],
    },
  );
  // The lock file holds the versions of the libraries. A copy of the sources may lack it.
  return [...files.sort(), "package-lock.json"].map((file) => file + readIfExists(join(root, file))).join("\n");
}

async function bundlePage(): Promise<[name: string, text: string][]> {
  // Loading vite takes longer than the check above, so it is imported only for a build.
  const { build } = await import("vite");
  const built = await build({
    configFile: false,
    root: join(root, "src/web"),
    logLevel: "warn",
    // Tests get the page that is deployed, although a test runner sets another mode.
    mode: "production",
    define: { "process.env.NODE_ENV": '"production"' },
    oxc: { jsx: { runtime: "automatic", importSource: "preact", development: false } },
    build: {
      write: false,
      target: ["chrome123", "firefox128", "safari17.5"],
      // No asset is inlined, so that the Content-Security-Policy can forbid inline code.
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

function pageModule(files: [name: string, text: string][]): string {
  const html = files.find(([name]) => name === "index.html")?.[1] ?? "";
  const assets = Object.fromEntries(
    files.flatMap(([name, body]) => {
      const type = mimeTypes.get(extname(name));
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

function readIfExists(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await buildPage();
