/**
 * The JSON of everything that leaves the server. It escapes, besides what JSON requires, the characters that change what a reader of
 * the raw text sees or runs: DEL and the C1 controls, which terminals obey; the marks and overrides of direction, which let a text
 * look like another; and the line separators of JavaScript.
 */
export function toJson(value: unknown): string {
  const json = JSON.stringify(value);
  // They occur within strings only. Nearly no text has one, and a test is much cheaper than a replacement.
  return unsafe.test(json) ? json.replace(allUnsafe, escaped) : json;
}

const unsafe = /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
const allUnsafe = new RegExp(unsafe, "g");

function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
