/** Allows only public HTTPS on port 443, so that a peer's name cannot direct requests into a private network. */
export function isAllowedPeerOrigin(url: URL, localPeers: boolean): boolean {
  if (url.username !== "" || url.password !== "") return false;
  if (localPeers && url.protocol === "http:" && (url.hostname === "127.0.0.1" || url.hostname === "localhost"))
    return true;
  return url.protocol === "https:" && url.port === "" && isPublicName(url.hostname);
}

function isPublicName(hostname: string): boolean {
  const labels = hostname.replace(/\.$/, "").split(".");
  const last = labels.at(-1) ?? "";
  // URL parsing turns every notation of an IPv4 address into four numbers, and encloses IPv6 in brackets.
  return labels.length > 1 && /^[a-z][a-z0-9-]*$/.test(last) && !privateDomains.has(last);
}

/** Domains of private networks (RFC 6761, RFC 6762, RFC 8375, RFC 9476). */
const privateDomains: ReadonlySet<string> = new Set([
  "localhost",
  "local",
  "internal",
  "arpa",
  "test",
  "invalid",
  "alt",
]);
