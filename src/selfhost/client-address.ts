import type { IncomingMessage } from "node:http";
import { BlockList, isIPv6 } from "node:net";
import { clientOfAddress } from "../worker/client-address.ts";
import type { RequestHead } from "../worker/worker-deps.ts";

const thisMachine = new BlockList();
thisMachine.addSubnet("127.0.0.0", 8, "ipv4");
thisMachine.addAddress("::1", "ipv6");

/** The client of a request. Null for this machine, where a proxy may pass on the requests of everybody. */
export function clientOfIncoming({ socket: { remoteAddress } }: IncomingMessage): string | null {
  if (remoteAddress === undefined) return null;
  if (thisMachine.check(remoteAddress, isIPv6(remoteAddress) ? "ipv6" : "ipv4")) return null;
  return clientOfAddress(remoteAddress);
}

/** The incoming messages that requests of the Fetch standard were made of. */
const incomingByRequest = new WeakMap<RequestHead, IncomingMessage>();

export function noteIncoming(request: RequestHead, incoming: IncomingMessage): void {
  incomingByRequest.set(request, incoming);
}

/** The client of a request that was noted. */
export function clientOf(request: RequestHead): string | null {
  const incoming = incomingByRequest.get(request);
  return incoming ? clientOfIncoming(incoming) : null;
}
