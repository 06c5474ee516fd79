import { isDeepStrictEqual } from "node:util";
import { type ErrorCode, errors } from "../../protocol/error-texts.ts";
import type { CommandReply } from "../client/command-reply.ts";

/** What a server did differently. */
export class CheckFailure extends Error {}

export function expectThat(condition: boolean, expectation: string): asserts condition {
  if (!condition) throw new CheckFailure(expectation);
}

export function expectEqual(actual: unknown, expected: unknown, what: string): void {
  if (isDeepStrictEqual(actual, expected)) return;
  throw new CheckFailure(`${what}: expected ${shown(expected)}, got ${shown(actual)}`);
}

/** @returns the data of a reply that must be OK */
export function okData(reply: CommandReply): unknown {
  expectThat(reply.ok, `expected OK, got ${shown(reply.error)} ${shown(reply.data)}`);
  return reply.data;
}

export function okRows(reply: CommandReply): Record<string, unknown>[] {
  const data = okData(reply);
  expectThat(Array.isArray(data), `expected an array, got ${shown(data)}`);
  return data;
}

export function okObject(reply: CommandReply): Record<string, unknown> {
  const data = okData(reply);
  const isObject = typeof data === "object" && data !== null && !Array.isArray(data);
  expectThat(isObject, `expected an object, got ${shown(data)}`);
  return { ...data };
}

/** The code, the HTTP status where there is one, and the text of an error of the table. */
export function expectError(reply: CommandReply, code: ErrorCode, language: "id" | "en" = "id"): void {
  expectThat(!reply.ok, `expected the error ${code}, got OK ${shown(reply.data)}`);
  expectEqual(reply.error, code, "error code");
  if (reply.httpStatus !== null) expectEqual(reply.httpStatus, errors[code][0], "HTTP status");
  const template = errors[code][language === "id" ? 1 : 2];
  const pattern = template
    .split(/\{\w+\}/)
    .map(escapePattern)
    .join("[^]+");
  const text = String(reply.data);
  expectThat(new RegExp(`^${pattern}$`).test(text), `text of ${code}: expected ${shown(template)}, got ${shown(text)}`);
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
