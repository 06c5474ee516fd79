/**
 * Characters that a terminal obeys or does not show: control characters but the line feed, bidirectional marks and overrides,
 * other line ends, and marks without width. Someone else's text could move the cursor, recolour or reorder a line with them. The
 * joiners U+200C and U+200D stay, because scripts and emoji need them.
 */
const unsafe = /(?!\n)\p{Cc}|\p{Cs}|[\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu;

/** The text with such characters written as `\u{202e}`. */
export function visibleText(text: string): string {
  return text.replace(unsafe, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}}`);
}

/** For one line of a terminal: a line end must not look like the beginning of another line of ours. */
export function visibleLine(text: string): string {
  return visibleText(text).replaceAll("\n", "\\n");
}

/** For a message of several lines: each further line is set off, so that it cannot pass for another message. */
export function visibleBlock(text: string): string {
  return visibleText(text).replaceAll("\n", "\n    | ");
}
