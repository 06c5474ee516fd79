import { existsSync } from "node:fs";
import { posix } from "node:path";
import { describe, expect, test } from "vitest";
import { Page, unticked } from "./protocol/page.ts";
import { root, sources, tables, writersByTable } from "./support/source-files.ts";

const page = new Page("src/README.md");
const folderReadmes = [
  "cli",
  "delivery",
  "groups",
  "live",
  "messaging",
  "selfhost",
  "shard",
  "storage",
  "web",
  "worker",
].map((folder) => new Page(`src/${folder}/README.md`));
const declared = new Set(
  [...sources.values()].flatMap((source) =>
    [...source.matchAll(/\b(?:class|interface|type|function|const) ([A-Za-z]\w*)/g)].map(([, name = ""]) => name),
  ),
);

describe("every file that a README names exists, and every function and type is declared:", () => {
  test.each([page, ...folderReadmes])("$path", ({ path, text }) => {
    const missing = [...text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)]
      .map(([, target = ""]) => target)
      .filter((target) => !target.includes("://") && !existsSync(posix.join(root, posix.dirname(path), target)));
    const undeclared = spansOf(text).filter((span) => !isDeclared(span));
    expect({ missing, undeclared }).toEqual({ missing: [], undeclared: [] });
  });
});

test.each([
  ["worker/routes.ts:handleRequest", true],
  ["worker/routes.ts:handleCommand", false],
  ["worker/no-such-file.ts:handleRequest", false],
  ["delivery/delivery-queues.ts:DeliveryQueues.#work", true],
  ["delivery/delivery-queues.ts:DeliveryQueues.#queue", false],
  ["UnitOfWork.run", true],
  ["UnitOfWork.execute", false],
  ["NoSuchClass", false],
  ["delivered", true],
])("the name %s is declared: %s", (span, expected) => {
  expect(isDeclared(span)).toBe(expected);
});

test("the path of a message names functions in files", () => {
  const rows = page.table("## A message from one realm to another");
  expect(rows.length).toBeGreaterThan(15);
  for (const [, functions = ""] of rows) expect(functions).toMatch(/^(`[\w/-]+\.ts:[\w.#]+` ?)+$/);
});

test("the main types of a folder are declared in it", () => {
  for (const [folder = "", , types = ""] of page.table("## Folders")) {
    const name = folder.replace(/^\[`(.*)`\]\(.*\)$/, "$1");
    const own = [...sources].filter(([file]) => file.startsWith(`src/${name}/`) || file === `src/${name}.ts`);
    for (const type of spansOf(types)) {
      expect(
        own.some(([, source]) => declares(source, type)),
        `${name} declares ${type}`,
      ).toBe(true);
    }
  }
});

test("the table of events lists every domain event with the classes that emit it and that subscribe to it", () => {
  const source = sources.get("src/domain-events.ts") ?? "";
  const types = [...source.matchAll(/\btype: "([a-z-]+)"/g)].map(([, type = ""]) => type);
  const expected = types.map((type) => ({
    type,
    emitters: classesWith((text) => new RegExp(`\\bemit\\(\\{\\s*type: "${type}"`).test(text)),
    subscribers: classesWith(
      (text) =>
        text.includes(": CommitListener") && new RegExp(`=== "${type}"|!== "${type}"|case "${type}"`).test(text),
    ),
  }));
  const rows = page.table("## Transactions and events").map(([type = "", emitters = "", subscribers = ""]) => ({
    type: unticked(type),
    emitters: classNamesIn(emitters),
    subscribers: classNamesIn(subscribers),
  }));
  expect(rows.sort(byType)).toEqual(expected.sort(byType));
});

test("the list of ports has every port of a shard", () => {
  const ports = /interface ShardPorts \{([\s\S]*?)\n\}/.exec(sources.get("src/shard/ports.ts") ?? "")?.[1] ?? "";
  const names = [...ports.matchAll(/^ {2}(\w+): /gm)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(5);
  const text = page.section("## Ports and hosts");
  expect(names.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
});

test("the table of tables has every table of the schema, with the store that writes it", () => {
  const writers = writersByTable();
  const expected = [...tables].map((table) => {
    const [file = "src/shard/schema.ts"] = writers.get(table) ?? [];
    return { table, isWriter: true, file };
  });
  const rows = page.table("## Tables").map(([table = "", store = ""], index) => {
    const file = expected[index]?.file ?? "";
    return { table: unticked(table), isWriter: declares(sources.get(file) ?? "", unticked(store)), file };
  });
  expect(rows).toEqual(expected);
});

function byType(a: { type: string }, b: { type: string }): number {
  return a.type < b.type ? -1 : 1;
}

function classesWith(matches: (source: string) => boolean): string[] {
  return [...sources.values()]
    .filter(matches)
    .map((source) => /^export class (\w+)/m.exec(source)?.[1] ?? "")
    .sort();
}

function classNamesIn(cell: string): string[] {
  return spansOf(cell)
    .filter((span) => /^[A-Z]/.test(span))
    .sort();
}

function spansOf(text: string): string[] {
  return [...text.replace(/```[\s\S]*?```/g, "").matchAll(/`([^`\n]+)`/g)].map(([, span = ""]) => span);
}

/**
 * Whether the code has what a code span names: `folder/file.ts:function`, `folder/file.ts:Class.member`, `Class`, `Class.member` or
 * `functionName`. Other spans, such as words of the protocol, name no code.
 */
function isDeclared(span: string): boolean {
  const inFile = /^([\w/-]+\.tsx?):([\w.#]+)$/.exec(span);
  if (inFile) return declares(sources.get(`src/${inFile[1]}`) ?? "", inFile[2] ?? "");
  if (/^[A-Z]\w*[a-z]\w*\.#?\w+$/.test(span)) return [...sources.values()].some((source) => declares(source, span));
  if (/^[A-Z]\w*[a-z]\w*$/.test(span)) return declared.has(span);
  if (/^[a-z]+[A-Z]\w*$/.test(span))
    return [...sources.values()].some((source) => new RegExp(`\\b${span}\\b`).test(source));
  return true;
}

/** @param name a function or type, or `Class.member` */
function declares(source: string, name: string): boolean {
  const [owner = "", member] = name.split(".");
  const start = source.search(new RegExp(`\\b(?:class|interface|type|function|const) ${owner}\\b`));
  if (start < 0 || member === undefined) return start >= 0;
  const body = source.slice(start, source.indexOf("\n}", start));
  return new RegExp(`^ {2}(?:(?:readonly|async|override|get|static) )*\\*?${member}(?:\\(|<| =|\\??: )`, "m").test(
    body,
  );
}
