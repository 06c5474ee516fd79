import { describe, expect, test } from "vitest";
import { parseAuthorization } from "../../../src/worker/headers/authorization.ts";
import { isEncoded } from "../../../src/worker/headers/content-encoding.ts";
import { isForwardedFromHttps } from "../../../src/worker/headers/forwarded-proto.ts";
import { matchesEntityTag } from "../../../src/worker/headers/if-none-match.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("Authorization", () => {
  test.each([
    [null, { scheme: "none" }],
    ["", { scheme: "none" }],
    ["Bearer", { scheme: "none" }],
    ["Bearer ", { scheme: "none" }],
    ["basic  ", { scheme: "none" }],
    ["Bearer abc", { scheme: "bearer", token: "abc" }],
    ["bEARER   a=b== ", { scheme: "bearer", token: "a=b==" }],
    ["Bearer a b", { scheme: "unknown" }],
    ["Bearer a, Bearer b", { scheme: "unknown" }],
    ["Bearerabc", { scheme: "unknown" }],
    ["Digest a=b", { scheme: "unknown" }],
    ["rnh_budi_x", { scheme: "unknown" }],
    [`Basic ${base64("budi:rahasia")}`, { scheme: "basic", name: "budi", password: "rahasia" }],
    [`BASIC   ${base64("budi:a:b c:")}`, { scheme: "basic", name: "budi", password: "a:b c:" }],
    [`Basic ${base64("budi:päß✓")}`, { scheme: "basic", name: "budi", password: "päß✓" }],
    [`Basic ${base64("budi:")}`, { scheme: "basic", name: "budi", password: "" }],
    [`Basic ${base64(":")}`, { scheme: "basic", name: "", password: "" }],
    [`Basic ${base64("budi:rahasia!").replaceAll("=", "")}`, { scheme: "basic", name: "budi", password: "rahasia!" }],
    [`Basic ${base64("budi")}`, { scheme: "malformed-basic" }],
    ["Basic budi:rahasia", { scheme: "malformed-basic" }],
    ["Basic YnVkaTpy YWhhc2lh", { scheme: "malformed-basic" }],
    ["Basic A", { scheme: "malformed-basic" }],
    ["Basic ====", { scheme: "malformed-basic" }],
    [`Basic ${Buffer.from([0x61, 0x3a, 0xe9]).toString("base64")}`, { scheme: "malformed-basic" }],
  ])("%s", (header, expected) => {
    expect(parseAuthorization(header)).toEqual(expected);
  });
});

describe("Content-Encoding", () => {
  test.each([
    [null, false],
    ["", false],
    ["identity", false],
    ["Identity, identity", false],
    [" , ", false],
    ["gzip", true],
    ["identity, br", true],
    ["x", true],
  ])("%s: %s", (header, expected) => {
    expect(isEncoded(header)).toBe(expected);
  });
});

describe("X-Forwarded-Proto", () => {
  test.each([
    ["https", true],
    ["HTTPS", true],
    ["https,http", true],
    [" https , https", true],
    [",https", true],
    ["http,https", false],
    ["http", false],
    ["", false],
    ["https://", false],
    [null, false],
  ])("%s comes from HTTPS: %s", (header, expected) => {
    expect(isForwardedFromHttps(header)).toBe(expected);
  });
});

describe("If-None-Match", () => {
  const etag = '"abc"';
  test.each([
    ['"abc"', true],
    ['W/"abc"', true],
    ['"x", "abc"', true],
    ['"x" ,, W/"abc" , "y"', true],
    ['"a,b","abc"', true],
    ["*", true],
    [" * ", true],
    ['"x"', false],
    ["abc", false],
    ['w/"abc"', false],
    ['W/ "abc"', false],
    ['"x, "abc"', false],
    ['"x""abc"', false],
    ['"x"; "abc"', false],
    ['"abc', false],
    ["", false],
    [null, false],
  ])("%s: %s", (header, expected) => {
    expect(matchesEntityTag(header, etag)).toBe(expected);
  });

  test("the time grows with the length of the header alone", () => {
    const bestOfFive = (header: string) => {
      const times = Array.from({ length: 5 }, () => {
        const start = performance.now();
        for (let n = 0; n < 4; n++) matchesEntityTag(header, etag);
        return performance.now() - start;
      });
      return Math.min(...times);
    };
    for (const part of [" ", ",", '"', '"a",', "W/", " ,", "\t"]) {
      const quiet = bestOfFive(part.repeat(25_000));
      // 16 times the length. Work that grows with its square takes 256 times as long.
      expect(bestOfFive(part.repeat(400_000)), JSON.stringify(part)).toBeLessThan(100 * quiet + 1);
    }
  });
});
