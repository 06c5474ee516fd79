import { type LookupAddress, lookup } from "node:dns";
import { BlockList, isIPv6, type LookupFunction } from "node:net";
import type { Agent } from "undici";

/**
 * Networks that are not of the public Internet (IANA, special-purpose address registries of IPv4 and IPv6). An IPv4 address that is
 * written as IPv6 is found under its IPv4 network (Node documentation, `BlockList`).
 */
const privateNetworks = `
  0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24
  192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3
  ::/96 ::ffff:0:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16 3fff::/20 5f00::/16 fc00::/7 fe80::/10
  fec0::/10 ff00::/8`;
const privateAddresses = new BlockList();
for (const network of privateNetworks.trim().split(/\s+/)) {
  const [address = "", prefix] = network.split("/");
  privateAddresses.addSubnet(address, Number(prefix), isIPv6(address) ? "ipv6" : "ipv4");
}

export function isPublicAddress(address: string, family: number): boolean {
  return !privateAddresses.check(address, family === 6 ? "ipv6" : "ipv4");
}

/**
 * `fetch` for requests to peers. A name that leads to an address outside the public Internet is as if it did not exist: a realm
 * of an open federation could otherwise name a host of this machine's network. The address that is checked is the one that is
 * connected to.
 *
 * @param localPeers development only: allows every address
 */
export function createPeerFetch(localPeers: boolean): typeof fetch {
  let agent: Promise<Agent> | undefined;
  return async (request: Request | URL | string, init?: RequestInit) => {
    agent ??= openAgent(localPeers);
    // Node's fetch takes a `dispatcher` (Node documentation, "fetch"); the types of Workers do not know it.
    const withDispatcher: RequestInit & { dispatcher: Agent } = { ...init, dispatcher: await agent };
    return fetch(request, withDispatcher);
  };
}

/** Loads the library when it is first needed: it takes 12 MiB, and a realm without peers does not need it. */
async function openAgent(localPeers: boolean): Promise<Agent> {
  const { Agent } = await import("undici");
  return new Agent({ connect: localPeers ? {} : { lookup: lookupPublic } });
}

const lookupPublic: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    const [first, ...others] = error ? [] : addresses.filter(({ address, family }) => isPublicAddress(address, family));
    if (!first) return callback(error ?? notFound(hostname), "", 0);
    if (options.all) return callback(null, [first, ...others]);
    callback(null, first.address, first.family);
  });
};

function notFound(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${hostname} has no public address`), { code: "ENOTFOUND" });
}
