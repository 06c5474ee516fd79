import fc from "fast-check";
import { expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { fullAddress, parseAddress, parseName, parseRealm, splitAddress } from "../../src/protocol/names.ts";
import { anyText, nameText, realmText } from "./arbitraries.ts";

test("names and realms in any case parse to the same lower case", () => {
  fc.assert(
    fc.property(nameText, realmText, (name, realm) => {
      const folded = name.toLowerCase();
      for (const typed of [name, folded, name.toUpperCase()]) expect(parseName(typed)).toBe(folded);
      for (const typed of [realm, realm.toLowerCase(), realm.toUpperCase()]) {
        expect(parseRealm(typed)).toBe(realm.toLowerCase());
      }
    }),
  );
});

test("a parsed name or realm has only allowed characters and parses to itself", () => {
  fc.assert(
    fc.property(fc.oneof(anyText, nameText, realmText), (text) => {
      const name = parseName(text);
      if (name !== null) {
        expect(name).toMatch(/^[a-z0-9][a-z0-9._-]*$/);
        expect(name.length).toBe(text.length);
        expect(parseName(name)).toBe(name);
      }
      const realm = parseRealm(text);
      if (realm !== null) {
        expect(realm).toMatch(/^[a-z0-9.-]+$/);
        expect(parseRealm(realm)).toBe(realm);
      }
    }),
    { numRuns: 1_000 },
  );
});

test("one disallowed character anywhere makes a name, a realm and an address invalid", () => {
  const foreign = fc
    .oneof(fc.constantFrom("\u212a", "\u0130", "\u0131", "\u017f", " ", "@", "/", "%", "\0", "\n", "="), anyText)
    .map((text) => [...text].find((character) => !/[a-z0-9._-]/i.test(character)) ?? "\u212a");
  fc.assert(
    fc.property(nameText, foreign, fc.nat({ max: 32 }), (name, character, at) => {
      const spoiled = name.slice(0, at) + character + name.slice(at);
      expect(parseName(spoiled)).toBeNull();
      expect(parseRealm(spoiled)).toBeNull();
      expect(parseAddress(`ani@${spoiled}`)).toBeNull();
    }),
  );
});

test("a name has at most 32 characters, a label 63 and a realm 253", () => {
  const realmOf = (last: number) => [63, 63, 63, last].map((length) => "r".repeat(length)).join(".");
  expect(limits.nameMaxChars).toBe(32);
  expect(parseName("a".repeat(32))).toBe("a".repeat(32));
  expect(parseName("a".repeat(33))).toBeNull();
  expect(parseRealm("a".repeat(63))).toBe("a".repeat(63));
  expect(parseRealm("a".repeat(64))).toBeNull();
  expect(parseRealm(realmOf(61))).toHaveLength(253);
  expect(parseRealm(realmOf(62))).toBeNull();
});

test("a full address splits into its name and its realm", () => {
  fc.assert(
    fc.property(nameText, realmText, (typedName, typedRealm) => {
      const address = parseAddress(`${typedName}@${typedRealm}`);
      if (!address?.realm) throw new Error("no address");
      expect(splitAddress(fullAddress(address.name, address.realm))).toEqual(address);
    }),
  );
});
