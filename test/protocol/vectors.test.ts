import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Command, commands } from "../../src/protocol/commands.ts";
import type { ErrorCode } from "../../src/protocol/errors.ts";
import { type ErrorDetails, parseCommand } from "../../src/protocol/grammar.ts";
import { parseName } from "../../src/protocol/names.ts";
import { shardOf } from "../../src/shard-api/shard-names.ts";

const valid: { line: string; parsed: Command }[] = fixture("commands/valid.json");
const invalid: { line: string; error: ErrorCode; about: ErrorDetails }[] = fixture("commands/invalid.json");
const placed: { name: string; hash: number; shard: Record<string, number> }[] = fixture("shards.json");

describe("A valid line parses to exactly what its vector says:", () => {
  test.each(titled(valid))("%s", (_, { line, parsed }) => {
    expect(parseCommand(line)).toStrictEqual({ ok: true, command: parsed });
  });
});

describe("An invalid line is refused with exactly the error its vector says:", () => {
  test.each(titled(invalid))("%s", (_, { line, error, about }) => {
    expect(parseCommand(line)).toStrictEqual({ ok: false, error, about });
  });
});

test("Every command has vectors of both kinds, and every error of the grammar has one.", () => {
  const names = Object.keys(commands).sort();
  expect([...new Set(valid.map((row) => row.parsed.name))].sort()).toEqual(names);
  expect([...new Set(invalid.flatMap((row) => row.about.command ?? []))].sort()).toEqual(names);
  expect([...new Set(invalid.map((row) => row.error))].sort()).toEqual([
    "bad-address",
    "bad-name",
    "bad-option",
    "bad-password",
    "bad-realm",
    "conflicting-options",
    "empty-message",
    "repeated-option",
    "reserved-name",
    "unknown-command",
    "unknown-option",
    "usage",
  ]);
});

test("No line has two vectors.", () => {
  const lines = [...valid, ...invalid].map((row) => row.line);
  expect(new Set(lines).size).toBe(lines.length);
});

test("A name belongs to the shard that its FNV-1a hash gives.", () => {
  for (const { name, hash, shard } of placed) {
    const parsed = parseName(name);
    if (!parsed) throw new Error(`${name} is no name`);
    // Modulo 2^32 the hash shows itself.
    expect(shardOf(parsed, 2 ** 32)).toBe(hash);
    for (const [shards, expected] of Object.entries(shard)) expect(shardOf(parsed, Number(shards))).toBe(expected);
  }
  expect(new Set(placed.map(({ shard }) => shard["4"])).size).toBe(4);
});

function fixture<T>(path: string): T {
  return JSON.parse(readFileSync(join(import.meta.dirname, "../fixtures", path), "utf8"));
}

/** The line as JSON, so that a title shows what is invisible. */
function titled<Row extends { line: string }>(rows: Row[]): [string, Row][] {
  return rows.map((row) => {
    const text = JSON.stringify(row.line);
    return [text.length > 100 ? `${text.slice(0, 80)}… (${row.line.length})` : text, row];
  });
}
