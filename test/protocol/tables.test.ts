import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { generatedDocuments, insertTables } from "../../src/dev/generate-tables.ts";

const root = join(import.meta.dirname, "../..");

test.each(generatedDocuments)("the generated tables of %s are up to date; `npm run docs` renews them", (path) => {
  const document = readFileSync(join(root, path), "utf8");
  expect(document).toContain("<!-- generated: ");
  expect(document).toBe(insertTables(document));
});

test("a stale table is replaced, and an unknown one is an error", () => {
  const stale = "a\n<!-- generated: errors -->\n| old |\n<!-- end -->\nb\n";
  const renewed = insertTables(stale);
  expect(renewed).toMatch(
    /^a\n<!-- generated: errors -->\n\| code \|[\s\S]*`unknown-command`[\s\S]*<!-- end -->\nb\n$/,
  );
  expect(renewed).not.toContain("| old |");
  expect(() => insertTables("<!-- generated: x -->\n<!-- end -->")).toThrow("x");
});
