/**
 * Whether a JSON text has at most `max` values, by a count of what can precede one: `[`, `{` and `,` outside of strings. A parser
 * makes an object of each value, so the cost of a text grows with them more than with its length: two megabytes may be a
 * million objects. The count stops at the first value too many. A text that is no JSON may have any count.
 */
export function hasAtMostValues(bytes: Uint8Array, max: number): boolean {
  let count = 0;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index];
    if (byte === quote) {
      index = endOfString(bytes, index + 1);
    } else if (byte === comma || byte === openBracket || byte === openBrace) {
      count++;
      if (count > max) return false;
    }
  }
  return true;
}

/** The index of the quote that ends a string, or the length of the text where none does. @param start behind its first quote */
function endOfString(bytes: Uint8Array, start: number): number {
  for (let from = start; ; ) {
    const end = bytes.indexOf(quote, from);
    if (end === -1) return bytes.length;
    // A quote behind an odd number of backslashes belongs to the string.
    let backslashes = 0;
    while (end - backslashes > from && bytes[end - backslashes - 1] === backslash) backslashes++;
    if (backslashes % 2 === 0) return end;
    from = end + 1;
  }
}

const quote = 0x22;
const comma = 0x2c;
const openBracket = 0x5b;
const backslash = 0x5c;
const openBrace = 0x7b;
