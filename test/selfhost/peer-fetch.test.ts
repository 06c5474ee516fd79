import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { classifyFetchError } from "../../src/federation/fetch-error.ts";
import { createPeerFetch, isPublicAddress } from "../../src/selfhost/peer-fetch.ts";

test.each([
  ["127.0.0.1", 4],
  ["10.0.0.1", 4],
  ["172.31.255.255", 4],
  ["192.168.1.1", 4],
  ["169.254.169.254", 4],
  ["100.64.0.1", 4],
  ["0.0.0.0", 4],
  ["198.18.0.1", 4],
  ["224.0.0.1", 4],
  ["255.255.255.255", 4],
  ["::1", 6],
  ["::", 6],
  ["::ffff:127.0.0.1", 6],
  ["::ffff:7f00:1", 6],
  ["::ffff:0:127.0.0.1", 6],
  ["64:ff9b::7f00:1", 6],
  ["2002:7f00:1::", 6],
  ["2001:db8::1", 6],
  ["fd00::1", 6],
  ["fe80::1", 6],
  ["ff02::1", 6],
] as const)("%s is no public address", (address, family) => {
  expect(isPublicAddress(address, family)).toBe(false);
});

test.each([
  ["1.1.1.1", 4],
  ["172.32.0.1", 4],
  ["192.169.0.1", 4],
  ["100.128.0.1", 4],
  ["223.255.255.255", 4],
  ["2606:4700::1111", 6],
  ["2a00:1450:4001::200e", 6],
] as const)("%s is a public address", (address, family) => {
  expect(isPublicAddress(address, family)).toBe(true);
});

test("a name that leads to this machine is as if it did not exist, unless local peers are allowed", async () => {
  const server = createServer((_, response) => response.end("reached")).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  // The resolver of every system knows `localhost`.
  const url = `http://localhost:${(server.address() as AddressInfo).port}/`;
  const refused = await createPeerFetch(false)(url).catch((error) => error);
  expect(classifyFetchError(refused)).toBe("dns-failed");
  const allowed = await createPeerFetch(true)(url);
  expect(await allowed.text()).toBe("reached");
  server.close();
  server.closeAllConnections();
});
