import { stripVTControlCharacters } from "node:util";

/** Columns as wide as their widest cell, separated by two spaces. */
export function formatTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heads.map((head, index) => Math.max(...[head, ...rows.map((row) => row[index] ?? "")].map(widthOf)));
  const line = (cells: readonly string[]) =>
    `${cells
      .map((cell, index) => cell + " ".repeat(Math.max(0, (widths[index] ?? 0) - widthOf(cell))))
      .join("  ")
      .trimEnd()}\n`;
  return [heads, ...rows].map(line).join("");
}

/** Columns that a text takes on a terminal: two for wide characters and emoji, none for combining marks. */
export function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of new Intl.Segmenter().segment(stripVTControlCharacters(text))) {
    width +=
      /^[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|\ufe0f/u.test(
        segment,
      )
        ? 2
        : 1;
  }
  return width;
}
