/** A network of IP addresses (RFC 4632, RFC 4291), or one address. */
export interface Network {
  address: string;
  /** Bits that all its addresses share. */
  prefix: number;
  family: "ipv4" | "ipv6";
}

/** Parses `192.0.2.0/24`, `2001:db8::/32`, or an address alone. */
export function parseNetwork(text: string): Network | null {
  const [, address = "", prefix] = /^([\d.]+|[\da-f:.]+)(?:\/(\d{1,3}))?$/i.exec(text) ?? [];
  const family = familyOf(address);
  if (!family) return null;
  const bits = family === "ipv4" ? 32 : 128;
  const network = { address, prefix: prefix === undefined ? bits : Number(prefix), family };
  return network.prefix <= bits ? network : null;
}

/** The URL parser knows every notation of an IPv6 address; it completes an IPv4 one, so that must be complete already. */
function familyOf(address: string): Network["family"] | null {
  if (URL.parse(`http://${address}`)?.hostname === address) return /^[\d.]+$/.test(address) ? "ipv4" : null;
  return address.includes(":") && URL.canParse(`http://[${address}]`) ? "ipv6" : null;
}
