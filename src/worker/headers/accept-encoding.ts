import { parseWeightedList } from "./weighted-list.ts";

/**
 * The content coding that `Accept-Encoding` (RFC 9110, section 12.5.3) prefers; null: the client names none of them.
 *
 * @param offered the best one first: it wins among equals
 */
export function preferredCoding<Coding extends string>(
  header: string | null,
  offered: readonly Coding[],
): Coding | null {
  if (header === null) return null;
  const weights = new Map(parseWeightedList(header).map(({ value, weight }) => [value, weight]));
  let best: { coding: Coding; weight: number } | null = null;
  for (const coding of offered) {
    const weight = weights.get(coding) ?? 0;
    if (weight > (best?.weight ?? 0)) best = { coding, weight };
  }
  return best?.coding ?? null;
}
