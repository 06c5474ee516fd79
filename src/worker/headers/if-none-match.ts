/**
 * Whether `If-None-Match` (RFC 9110, section 13.1.2) has an entity tag, so that the client's copy is the current one. Tags are
 * compared weakly: `W/` has no meaning. A malformed header matches nothing after its fault.
 *
 * @param etag with its quotes
 */
export function matchesEntityTag(header: string | null, etag: string): boolean {
  if (header === null) return false;
  if (header.trim() === "*") return true;
  // Sticky: each match starts where the last one ended, so the time grows with the length alone.
  const element = /[ \t]*(?:(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")[ \t]*)?(?:,|$)/y;
  while (element.lastIndex < header.length) {
    const match = element.exec(header);
    if (!match) return false;
    if (match[1] === etag) return true;
  }
  return false;
}
