import { parseWeightedList } from "./weighted-list.ts";

/**
 * Whether `Accept` (RFC 9110, section 12.5.1) is that of a browser: browsers name HTML, while curl and scripts accept anything. A
 * client that refuses HTML or prefers plain text is none.
 */
export function asksForHtml(accept: string | null): boolean {
  if (accept === null) return false;
  const items = parseWeightedList(accept);
  const weightOf = (type: string) =>
    items.reduce((most, { value, weight }) => (value === type ? Math.max(most, weight) : most), 0);
  const html = weightOf("text/html");
  return html > 0 && html >= weightOf("text/plain");
}
