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

  /** The client of a request. Null for this machine, and where a proxy does not say for whom it asks. */
  clientOf(request: RequestHead): string | null {
    const incoming = request instanceof IncomingHead ? request.incoming : this.#incomingByRequest.get(request);
    const address = incoming?.socket.remoteAddress;
    if (!incoming || address === undefined) return null;
    if (!this.#isProxy(address)) return this.clientOfAddress(address);
    const forwarded = this.#forwardedAddress(incoming.headers["x-forwarded-for"]);
    return forwarded && this.clientOfAddress(forwarded);
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
    const client = addresses.map((address) => address.trim()).findLast((address) => !this.#isProxy(address));
    return client && isIP(client) !== 0 ? client : null;
  }

  #isProxy(address: string): boolean {
    return isIP(address) !== 0 && this.#proxies.check(address, isIPv6(address) ? "ipv6" : "ipv4");
  }
}
