const units: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** The longest timer of Node. */
const maxMs = 2 ** 31 - 1;

/** Parses `30`, `30s`, `1.5h` or `500ms`; a number without a unit is in seconds. @returns milliseconds, or null */
export function parseDuration(text: string): number | null {
  const match = /^(\d{1,10}(?:\.\d{1,3})?)(ms|s|m|min|h|d)?$/.exec(text);
  const ms = match ? Number(match[1]) * (units[match[2] ?? "s"] ?? Number.NaN) : Number.NaN;
  return ms <= maxMs ? Math.round(ms) : null;
}
