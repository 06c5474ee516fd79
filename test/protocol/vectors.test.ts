import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Command, commands } from "../../src/protocol/commands.ts";
import type { ErrorCode } from "../../src/protocol/error-texts.ts";
import { type ErrorDetails, parseCommand } from "../../src/protocol/grammar.ts";
import { parseName } from "../../src/protocol/names.ts";
import { shardIndexOf } from "../../src/shard-api/shard-names.ts";

const valid: { line: string; parsed: Command }[] = fixture("commands/valid.json");
const invalid: { line: string; error: ErrorCode; details: ErrorDetails }[] = fixture("commands/invalid.json");
const placed: { name: string; hash: number; shard: Record<string, number> }[] = fixture("shards.json");

describe("a valid line parses to the command of its vector:", () => {
  test.each(titled(valid))("%s", (_, { line, parsed }) => {
    expect(parseCommand(line)).toStrictEqual({ ok: true, command: parsed });
  });
});

describe("an invalid line is answered with the error of its vector:", () => {
  test.each(titled(invalid))("%s", (_, { line, error, details }) => {
    expect(parseCommand(line)).toStrictEqual({ ok: false, error, details });
  });
});

test("every command has vectors of both kinds, and every error of the grammar has one", () => {
  const names = Object.keys(commands).sort();
  expect([...new Set(valid.map((row) => row.parsed.name))].sort()).toEqual(names);
  expect([...new Set(invalid.flatMap((row) => row.details.command ?? []))].sort()).toEqual(names);
  expect([...new Set(invalid.map((row) => row.error))].sort()).toEqual([
    "bad-address",
    "bad-name",
    "bad-option",
    "bad-password",
    "bad-realm",
    "bad-target",
    "conflicting-options",
    "empty-message",
    "repeated-option",
    "reserved-name",
    "unknown-command",
    "unknown-option",
    "usage",
  ]);
});

test("no line has two vectors", () => {
  const lines = [...valid, ...invalid].map((row) => row.line);
  expect(new Set(lines).size).toBe(lines.length);
});

test("the FNV-1a hash of a name selects its shard", () => {
  for (const { name, hash, shard } of placed) {
    const parsed = parseName(name);
    if (!parsed) throw new Error(`${name} is not a name`);
    // Modulo 2^32 the shard number is the hash itself.
    expect(shardIndexOf(parsed, 2 ** 32)).toBe(hash);
    for (const [shards, expected] of Object.entries(shard)) expect(shardIndexOf(parsed, Number(shards))).toBe(expected);
  }
  expect(new Set(placed.map(({ shard }) => shard["4"])).size).toBe(4);
});

function fixture<T>(path: string): T {
  return JSON.parse(readFileSync(join(import.meta.dirname, "../fixtures", path), "utf8"));
}

/** The line as JSON, so that titles show invisible characters. */
function titled<Row extends { line: string }>(rows: Row[]): [string, Row][] {
  return rows.map((row) => {
    const text = JSON.stringify(row.line);
    return [text.length > 100 ? `${text.slice(0, 80)}… (${row.line.length})` : text, row];
  });
}
