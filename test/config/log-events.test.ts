import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Page, unticked } from "../protocol/page.ts";

const root = join(import.meta.dirname, "../..");
/** The logger itself: its parameter is no event. It logs one of its own. */
const logger = "src/storage/log.ts";

type Level = "error" | "warning";
const levels: Record<string, Level> = { logError: "error", logWarning: "warning" };

/** The levels at which the code logs each event. */
function loggedEvents(): Map<string, Set<Level>> {
  const events = new Map<string, Set<Level>>([["log-lines-left-out", new Set<Level>(["warning"])]]);
  for (const file of globSync("src/**/*.{ts,tsx}", { cwd: root, exclude: ["src/web/dist/**"] })) {
    if (file === logger) continue;
    const source = readFileSync(join(root, file), "utf8");
    for (const [, call = "", argument = ""] of source.matchAll(/\b(logError|logWarning)\(\s*([^,)]*)/g)) {
      const level = levels[call] as Level;
      for (const event of eventsOf(argument.trim(), source, file)) {
        events.set(event, (events.get(event) ?? new Set()).add(level));
      }
    }
  }
  return events;
}

/** The argument is a string, or a constant of the same file that is one. */
function eventsOf(argument: string, source: string, file: string): string[] {
  const literal = /^"([^"]*)"$/.exec(argument)?.[1];
  if (literal !== undefined) return [literal];
  const constants = /^\w+$/.test(argument) ? source.matchAll(new RegExp(`\\bconst ${argument} = "([^"]*)"`, "g")) : [];
  const values = [...constants].map(([, value = ""]) => value);
  if (values.length === 0) throw new Error(`${file} logs ${argument}, which is neither a string nor a constant string`);
  return values;
}

describe("the table of log events", () => {
  const rows = new Page("src/config/README.md").table("## Log events");
  const logged = loggedEvents();

  test("lists every event of the code and no other, in alphabetical order", () => {
    expect(logged.size).toBeGreaterThan(20);
    expect(rows.map(([cell = ""]) => unticked(cell))).toEqual([...logged.keys()].sort());
  });

  test.each([...logged])("says the level of %s, its meaning and what to do", (event, levelsOfEvent) => {
    const [, level, meaning, action] = rows.find(([cell]) => cell === `\`${event}\``) ?? [];
    expect(level).toBe([...levelsOfEvent].sort().join(", "));
    for (const text of [meaning, action]) expect(text).toMatch(/^[^a-z].*\.$/);
  });

  test("names are in kebab case", () => {
    for (const event of logged.keys()) expect(event).toMatch(/^[a-z]+(-[a-z]+)*$/);
  });
});

test("the logger is the only writer to the console", () => {
  const writers = globSync("src/**/*.{ts,tsx}", { cwd: root, exclude: ["src/web/dist/**"] }).filter((file) =>
    /\bconsole\./.test(readFileSync(join(root, file), "utf8")),
  );
  expect(writers).toEqual([logger]);
});
