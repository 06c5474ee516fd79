import type { IncomingMessage } from "node:http";
import { BlockList, isIP, isIPv6 } from "node:net";
import type { Network } from "../config/network.ts";
import { clientOfAddress } from "../worker/client-address.ts";
import type { RequestHead } from "../worker/worker-deps.ts";
import { IncomingHead } from "./incoming-head.ts";

/** Tells which client has sent a request: the address of its connection, or what a trusted proxy says in `X-Forwarded-For`. */
export class ClientAddresses {
  readonly #proxies = new BlockList();
  /** The messages that requests of the Fetch standard were made of. */
  readonly #incomingByRequest = new WeakMap<RequestHead, IncomingMessage>();

  /** @param proxies networks of proxies, besides this machine */
  constructor(proxies: readonly Network[]) {
    this.#proxies.addSubnet("127.0.0.0", 8, "ipv4");
    this.#proxies.addAddress("::1", "ipv6");
    for (const { address, prefix, family } of proxies) this.#proxies.addSubnet(address, prefix, family);
  }

  note(request: RequestHead, incoming: IncomingMessage): void {
    this.#incomingByRequest.set(request, incoming);
  }

  /**
   * The client of a request. Null for programs on this machine. A proxy that does not say for whom it asks is one client itself, so
   * that nobody is without limits.
   */
  clientOf(request: RequestHead): string | null {
    const incoming = request instanceof IncomingHead ? request.incoming : this.#incomingByRequest.get(request);
    const address = incoming?.socket.remoteAddress;
    if (!incoming || address === undefined) return null;
    if (!this.#isProxy(address)) return this.clientOfAddress(address);
    const { headers } = incoming;
    const isForwarded = headers["x-forwarded-for"] !== undefined || headers["x-forwarded-proto"] !== undefined;
    if (!isForwarded) return this.clientOfAddress(address);
    const forwarded = this.#forwardedAddress(headers["x-forwarded-for"]);
    return (forwarded && clientOfAddress(forwarded)) ?? `proxy ${address}`;
  }

  /** The client at the other end of a connection. Null for this machine and for proxies. */
  clientOfAddress(address: string): string | null {
    return this.#isProxy(address) ? null : clientOfAddress(address);
  }

  /**
   * Each proxy appends the address that it was asked by. The last one that is no proxy of ours is the client: what stands before
   * it was written by the client itself.
   */
  #forwardedAddress(header: string | string[] | undefined): string | null {
    const addresses = String(header ?? "").split(",");
    const client = addresses.map(withoutPort).findLast((address) => !this.#isProxy(address));
    return client && isIP(client) !== 0 ? client : null;
  }

  #isProxy(address: string): boolean {
    return isIP(address) !== 0 && this.#proxies.check(address, isIPv6(address) ? "ipv6" : "ipv4");
  }
}

/** Some proxies write `192.0.2.1:4711` and `[2001:db8::1]:443`. */
function withoutPort(address: string): string {
  const text = address.trim();
  return /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
}
