import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const folder = mkdtempSync(join(tmpdir(), "ranah-package-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(() => {
  npm(["pack", "--pack-destination", folder], root);
  // Without a registry: the package needs nothing.
  npm(["install", "--offline", join(folder, `ranah-${version}.tgz`)], folder);
}, 120_000);

function npm(args: string[], cwd: string): void {
  execFileSync("npm", [...args, "--no-audit", "--no-fund"], { cwd, stdio: "ignore" });
}

test("the package installs alone, and the program runs from it", () => {
  expect(readdirSync(join(folder, "node_modules")).filter((name) => !name.startsWith("."))).toEqual(["ranah"]);
  const output = execFileSync(join(folder, "node_modules/.bin/ranah"), ["--version"], { encoding: "utf8" });
  expect(output).toBe(`${version}\n`);
});

test("the package has the program, its manual page and nothing of the servers", () => {
  const files = readdirSync(join(folder, "node_modules/ranah"), { recursive: true, encoding: "utf8" });
  const inside = files.filter((file) => /\.\w+$/.test(file)).sort();
  expect(inside).toEqual([
    "README.id.md",
    "README.md",
    "package.json",
    "src/cli/dist/ranah.1",
    "src/cli/dist/ranah.js",
  ]);
});
