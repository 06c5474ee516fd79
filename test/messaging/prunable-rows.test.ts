import { expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { prunableRows } from "../../src/messaging/prunable-rows.ts";

/** Rows with the ids from 1 up to `count`. */
const rows = (count: number) => Array.from({ length: count }, (_, n) => ({ id: n + 1 }));
const full = limits.retentionChunkRows;

test("no row, or a first row that is kept, leaves nothing to delete", () => {
  expect(prunableRows([], () => false)).toBeNull();
  expect(prunableRows(rows(3), () => true)).toBeNull();
  expect(prunableRows(rows(full), ({ id }) => id === 1)).toBeNull();
});

test("rows are deleted up to the first one that is kept, even if later rows are prunable", () => {
  expect(prunableRows(rows(5), ({ id }) => id === 2)).toEqual({ upTo: 1, mayHaveMore: false });
  expect(prunableRows(rows(5), ({ id }) => id >= 4)).toEqual({ upTo: 3, mayHaveMore: false });
  expect(prunableRows(rows(full), ({ id }) => id === full)).toEqual({ upTo: full - 1, mayHaveMore: false });
});

test("more rows may follow only if a full chunk is prunable", () => {
  expect(prunableRows(rows(1), () => false)).toEqual({ upTo: 1, mayHaveMore: false });
  expect(prunableRows(rows(full - 1), () => false)).toEqual({ upTo: full - 1, mayHaveMore: false });
  expect(prunableRows(rows(full), () => false)).toEqual({ upTo: full, mayHaveMore: true });
});
