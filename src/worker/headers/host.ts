import { limits } from "../../limits.ts";
import { BoundedCache } from "../../storage/bounded-cache.ts";

/** Where a request was sent to, from `Host` (RFC 9110, section 7.2) or from an absolute URL. */
export interface Host {
  /** Name or address in the form of the URL standard, without a port: `jakarta.localhost`, `127.0.0.1`, `[::1]`. */
  hostname: string;
  /** `hostname` with the port that was named. */
  authority: string;
}

/**
 * A name has only the characters of DNS names and `_`. RFC 3986 also allows quotes, `$`, `;` and parentheses, which no host name
 * has: the texts that repeat the host are pasted into shells.
 */
const hostPattern = /^(?:[a-z0-9_][a-z0-9_.-]*|\[[0-9a-f:.]+\])(?::\d{0,5})?$/i;
/** A DNS name has 253 characters at most, before a final dot and a port. */
const maxChars = 253 + ".".length + ":65535".length;

/** Nearly all requests name one of a few hosts. */
const parsed = new BoundedCache<string, Host>(limits.hostCacheMax);

/** @returns null if the text is no host, so that no URL can be made of it */
export function parseHost(text: string): Host | null {
  const known = parsed.get(text);
  if (known) return known;
  if (text.length > maxChars || !hostPattern.test(text)) return null;
  // It also refuses ports above 65535, addresses such as 1.2.3.4.5 and malformed Punycode.
  const url = URL.parse(`http://${text}`);
  if (!url) return null;
  const port = text.endsWith("]") ? "" : (/:(\d+)$/.exec(text)?.[1] ?? "");
  const host = { hostname: url.hostname, authority: port === "" ? url.hostname : `${url.hostname}:${Number(port)}` };
  parsed.set(text, host);
  return host;
}

/** The host of an `http` or `https` URL, which may be none that `URL` accepts. */
export function hostOfUrl(url: string): Host | null {
  const afterScheme = url.slice(url.indexOf("//") + 2);
  const end = afterScheme.search(/[/?#]/);
  return parseHost(end < 0 ? afterScheme : afterScheme.slice(0, end));
}

/** Whether a host is this machine itself (RFC 6761, section 6.3; RFC 1122, section 3.2.1.3). */
export function isLoopback({ hostname }: Host): boolean {
  const name = hostname.replace(/\.$/, "");
  return name === "localhost" || name.endsWith(".localhost") || name === "[::1]" || /^127(?:\.\d+){3}$/.test(name);
}
