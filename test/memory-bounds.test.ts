import { expect, test } from "vitest";
import { limits } from "../src/limits.ts";
import { Page, unticked } from "./protocol/page.ts";
import { sources } from "./support/source-files.ts";

const rows = new Page("src/README.md").table("## What waits in memory");
const files = rows.map(([file = ""]) => unticked(file));

/** These run in a browser, in a terminal or at build time, or know no clients. */
const elsewhere = /^src\/(web|cli|dev|protocol|limits)\b/;
/** Sets and lists that nothing outside adds to. */
const fixed = ["src/storage/bounded-cache.ts", "src/storage/transactional-cache.ts", "src/admission/login-rate.ts"];

/** A field that can grow: a map, a set or a list. */
const growing = /^ {2}(readonly )?#\w+(: [^=\n]+)? = (new (Map|Set)\b|\[\])/m;
/** The same in the shape of an interface's field, for queues whose holder is made by a function. */
const growingFields = /^ {2}\w+: (Map<.*|.*\[\]);$/m;

test("the list names every file of the server that holds what can grow", () => {
  const holders = [...sources]
    .filter(([file, code]) => !elsewhere.test(file) && growing.test(code))
    .map(([file]) => file);
  const listed = new Set(files.map((file) => `src/${file}.ts`));
  expect(holders.length).toBeGreaterThan(20);
  expect(holders.filter((file) => !listed.has(file) && !fixed.includes(file))).toEqual([]);
});

test.each(rows)("%s is there, and its bounds are limits that are used", (file = "", _, bounds = "") => {
  const path = `src/${unticked(file)}.ts`;
  const code = sources.get(path) ?? "";
  const isHolder = growing.test(code) || growingFields.test(code) || code.includes("#delayed");
  expect([path, isHolder]).toEqual([path, true]);
  for (const [, name = ""] of bounds.matchAll(/`(\w+)`/g)) {
    const isUsed = [...sources.values()].some((text) => text.includes(`limits.${name}`));
    expect([name, name in limits && isUsed]).toEqual([name, true]);
  }
});

test("no row is listed twice", () => {
  expect(new Set(files).size).toBe(files.length);
});
