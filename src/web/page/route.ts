/** What stands in the address bar says which conversation is open, so that the browser's back button works. */
export function hrefOf(key: string | null): string {
  return key === null ? "#/" : `#/${key}`;
}

/** @returns the key of a conversation, or null for the list */
export function routeOf(hash: string): string | null {
  const route = /^#\/((?:private|group)\/[a-z0-9._-]+@[a-z0-9.-]+)$/.exec(hash);
  return route?.[1] ?? null;
}
