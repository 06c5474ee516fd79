import { expect, test } from "vitest";
import { parseNetwork } from "../../src/config/network.ts";

test.each([
  ["192.0.2.1", "192.0.2.1", 32, "ipv4"],
  ["172.17.0.0/16", "172.17.0.0", 16, "ipv4"],
  ["0.0.0.0/0", "0.0.0.0", 0, "ipv4"],
  ["2001:db8::/32", "2001:db8::", 32, "ipv6"],
  ["::1", "::1", 128, "ipv6"],
  ["::ffff:10.0.0.1", "::ffff:10.0.0.1", 128, "ipv6"],
])("%s is a network", (text, address, prefix, family) => {
  expect(parseNetwork(text)).toEqual({ address, prefix, family });
});

test.each([
  "",
  "proxy",
  "10",
  "10.1",
  "256.1.1.1",
  "010.0.0.1",
  "10.0.0.0/33",
  "10.0.0.0/",
  "::/129",
  ":::",
  "[::1]",
  "10.0.0.1:80",
  "a.b",
])("%o is none", (text) => expect(parseNetwork(text)).toBeNull());
