import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { expect, test } from "vitest";
import { parseNetwork } from "../../src/config/network.ts";
import { ClientAddresses } from "../../src/selfhost/client-addresses.ts";
import { IncomingHead } from "../../src/selfhost/incoming-head.ts";

const proxy = parseNetwork("10.0.0.0/8");
if (!proxy) throw new Error("not a network");
const clients = new ClientAddresses([proxy]);

function headOf(remoteAddress: string | undefined, forwardedFor?: string): IncomingHead {
  const socket = Object.defineProperty(new Socket(), "remoteAddress", { value: remoteAddress });
  const incoming = new IncomingMessage(socket);
  if (forwardedFor !== undefined) incoming.headers["x-forwarded-for"] = forwardedFor;
  return new IncomingHead(incoming, "http");
}

test.each([
  ["of its connection", "192.0.2.7", undefined, "192.0.2.7"],
  ["of its connection, whatever it claims", "192.0.2.7", "198.51.100.1", "192.0.2.7"],
  ["an IPv6 network", "2001:db8:1:2:3::4", undefined, "2001:db8:1:2::/64"],
  ["of IPv4 written as IPv6", "::ffff:192.0.2.7", undefined, "192.0.2.7"],
  ["none for this machine", "127.0.0.1", undefined, null],
  ["none for this machine by IPv6", "::1", undefined, null],
  ["none for this machine by IPv4 as IPv6", "::ffff:127.0.0.1", undefined, null],
  ["what a proxy on this machine says", "::ffff:127.0.0.1", "198.51.100.1", "198.51.100.1"],
  ["the last that no proxy of ours wrote", "10.1.1.1", "203.0.113.9, 198.51.100.1, 10.2.2.2", "198.51.100.1"],
  ["what a proxy says with a port", "10.1.1.1", "203.0.113.9, 198.51.100.1:4711", "198.51.100.1"],
  ["what a proxy says with an IPv6 port", "10.1.1.1", "[2001:db8:1:2::9]:443", "2001:db8:1:2::/64"],
  ["a proxy itself that says nothing of it", "10.1.1.1", "", "proxy 10.1.1.1"],
  ["a proxy itself that says no address", "10.1.1.1", "198.51.100.1, unknown", "proxy 10.1.1.1"],
  ["a proxy itself on this machine that says only proxies", "127.0.0.1", "10.2.2.2", "proxy 127.0.0.1"],
  ["none for a program on the machine of a proxy", "10.1.1.1", undefined, null],
  ["none for a connection that is gone", undefined, undefined, null],
])("the client is %s", (_, remote, forwarded, client) => {
  expect(clients.clientOf(headOf(remote, forwarded))).toBe(client);
});
