/**
 * The client that an address stands for, in budgets: itself, or for IPv6 its /64 network, since one client has all addresses of
 * it (RFC 6177). An IPv4 address that is written as IPv6 is the IPv4 address. Null for this machine: its programs are trusted, and
 * may pass on the requests of others.
 */
export function clientOfAddress(address: string): string | null {
  const ipv4 = /^(?:::ffff:)?(\d+\.[\d.]+)$/i.exec(address)?.[1];
  if (ipv4) return ipv4.startsWith("127.") ? null : ipv4;
  if (address === "::1") return null;
  // The URL parser writes every notation of an IPv6 address in one form.
  const host = URL.parse(`http://[${address}]`)?.hostname;
  return host === undefined ? address : `${ipv6Groups(host.slice(1, -1)).slice(0, 4).join(":")}::/64`;
}

function ipv6Groups(address: string): string[] {
  const [before = [], after = []] = address.split("::").map((part) => (part === "" ? [] : part.split(":")));
  return [...before, ...Array<string>(8 - before.length - after.length).fill("0"), ...after];
}
