const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
/** Longer than any emoji, so that the last one of the cut can be recognized as a whole. */
const lookAheadChars = 64;

/** The first characters of a text. What the reader sees as one character is left out as a whole, or is whole. */
export function cutText(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const start = text.slice(0, maxChars + lookAheadChars);
  const end = graphemes.segment(start).containing(maxChars)?.index ?? maxChars;
  // One character can be longer than the cut. Then it is cut, but not within a surrogate pair.
  return end > 0 ? start.slice(0, end) : start.slice(0, maxChars).replace(/[\ud800-\udbff]$/, "");
}
