/** What `Authorization` (RFC 9110, section 11.6.2) says. */
export type Authorization =
  | { scheme: "none" }
  /** RFC 6750, section 2.1. */
  | { scheme: "bearer"; token: string }
  /** RFC 7617, section 2. */
  | { scheme: "basic"; name: string; password: string }
  | { scheme: "malformed-basic" }
  /** Another scheme, or no scheme at all. */
  | { scheme: "unknown" };

/** Names of schemes are case-insensitive. A scheme of its own, as of an unset shell variable, is no credential. */
export function parseAuthorization(header: string | null): Authorization {
  const match = /^([a-z]+)(?: +(.*))?$/i.exec((header ?? "").trim());
  if (!match) return header?.trim() ? { scheme: "unknown" } : { scheme: "none" };
  const [, scheme = "", credentials = ""] = match;
  switch (scheme.toLowerCase()) {
    case "bearer":
      if (credentials === "") return { scheme: "none" };
      return /\s/.test(credentials) ? { scheme: "unknown" } : { scheme: "bearer", token: credentials };
    case "basic":
      return credentials === "" ? { scheme: "none" } : parseBasic(credentials);
    default:
      return { scheme: "unknown" };
  }
}

/** Name and password in UTF-8, divided by the first colon. No name has a colon. */
function parseBasic(base64: string): Authorization {
  const text = decodeBase64(base64);
  const colon = text?.indexOf(":") ?? -1;
  if (text === null || colon < 0) return { scheme: "malformed-basic" };
  return { scheme: "basic", name: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** @returns null if it is no base64, or not of UTF-8 */
function decodeBase64(base64: string): string | null {
  // `atob` also accepts spaces.
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return null;
  try {
    return decoder.decode(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)));
  } catch {
    return null;
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
