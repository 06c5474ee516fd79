import { expect, test } from "vitest";
import { LineSplitter } from "../../src/cli/bridge/line-splitter.ts";

/** Lines of a stream that arrives in two segments, cut at a place. */
function cutAt(text: string, place: number, acceptsLf = false): { lines: string[]; pending: number } {
  const bytes = Buffer.from(text);
  const splitter = new LineSplitter(acceptsLf);
  const lines = [bytes.subarray(0, place), bytes.subarray(place)].flatMap((segment) => splitter.push(segment));
  return { lines: lines.map(String), pending: splitter.pendingBytes };
}

test.for([
  ["satu\r\ndua é€😀\r\n\r\ntiga", false, ["satu", "dua é€😀", ""], 4],
  ["baris\nkedua\r\r\n\nx\r\n", false, ["baris\nkedua\r", "\nx"], 0],
  ["satu\ndua\r\n\n", true, ["satu", "dua", ""], 0],
] as const)("%j gives the same lines wherever its segments end", ([text, acceptsLf, lines, pending]) => {
  for (let place = 0; place <= Buffer.byteLength(text); place++) {
    expect(cutAt(text, place, acceptsLf), `cut at ${place}`).toEqual({ lines, pending });
  }
});

test("a line of single bytes costs no more than its length", () => {
  const splitter = new LineSplitter(false);
  for (let count = 0; count < 65_536; count++) splitter.push(Buffer.of(0x78));
  expect(splitter.push(Buffer.from("\r\n"))[0]?.length).toBe(65_536);
});
