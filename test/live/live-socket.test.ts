import { expect, test } from "vitest";
import { parseSocketState } from "../../src/live/live-socket.ts";

const state = {
  session: { account: "budi", tokenDigest: "a".repeat(64) },
  accountId: 7,
  language: "id",
  expiresAt: 1_790_000_000_000,
  backfilledUpTo: null,
  phase: "open",
  unacknowledgedBytes: 0,
  heardAt: 1_780_000_000_000,
};

test("a stored socket state is parsed unchanged, during backfill and after it", () => {
  for (const backfilledUpTo of [null, 0, 12]) {
    for (const language of ["id", "en"]) {
      const stored = { ...state, backfilledUpTo, language };
      expect(parseSocketState(structuredClone(stored))).toEqual(stored);
    }
  }
});

test.for([
  ["no attachment", null],
  ["an undefined attachment", undefined],
  ["a text", JSON.stringify(state)],
  ["an empty object", {}],
  ["no session", { ...state, session: undefined }],
  ["no account", { ...state, session: { tokenDigest: "a" } }],
  ["an account that is no name", { ...state, session: { ...state.session, account: "Bu di" } }],
  ["a full address as account", { ...state, session: { ...state.session, account: "budi@surabaya" } }],
  ["no token digest", { ...state, session: { account: "budi" } }],
  ["a token digest that is no text", { ...state, session: { ...state.session, tokenDigest: 1 } }],
  ["an account id that is no number", { ...state, accountId: "7" }],
  ["no account id", { ...state, accountId: undefined }],
  ["an unknown language", { ...state, language: "fr" }],
  ["no end of the session", { ...state, expiresAt: null }],
  ["an end that is not a number", { ...state, expiresAt: Number.NaN }],
  ["no backfill state", { ...state, backfilledUpTo: undefined }],
  ["a backfill state that is no number", { ...state, backfilledUpTo: "12" }],
  ["no phase", { ...state, phase: undefined }],
  ["an unknown phase", { ...state, phase: "half-open" }],
  ["no unacknowledged bytes", { ...state, unacknowledgedBytes: undefined }],
  ["no time of the last frame", { ...state, heardAt: undefined }],
])("a socket state with damage is rejected: %s", ([, damaged]) => {
  expect(() => parseSocketState(damaged)).toThrow();
});
