import { lookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";

/** Names below `localhost` are this machine (RFC 6761, section 6.3). Node asks the system, and most systems do not know them. */
export const lookupHost: LookupFunction = (hostname, options, callback) => {
  lookup(isBelowLocalhost(hostname) ? "localhost" : hostname, options, callback);
};

export function isBelowLocalhost(hostname: string): boolean {
  return /(^|\.)localhost\.?$/i.test(hostname);
}

/** Whether a host is certainly this machine, so that nobody else can read an unencrypted connection to it. */
export function isLoopback(hostname: string): boolean {
  const address = hostname.replace(/^\[|\]$/g, "");
  return isBelowLocalhost(address) || address === "::1" || (isIP(address) === 4 && address.startsWith("127."));
}
