/** The address bar holds the open conversation, so that the browser's back button works. @param key null for the list */
export function conversationHref(key: string | null): string {
  return key === null ? "#/" : `#/${key}`;
}

/** @returns the key of a conversation, or null for the list */
export function conversationKeyFromHash(hash: string): string | null {
  const route = /^#\/((?:private|group)\/[a-z0-9._-]+@[a-z0-9.-]+)$/.exec(hash);
  return route?.[1] ?? null;
}
