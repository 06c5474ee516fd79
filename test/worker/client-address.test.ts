import { expect, test } from "vitest";
import { clientOfAddress } from "../../src/worker/client-address.ts";

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:0DB8:0001:0002::", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["2001:db8:1:2::", "2001:db8:1:2::/64"],
  ["::1", null],
  ["127.0.0.1", null],
  ["::ffff:127.3.2.1", null],
  ["fe80::1%eth0", "fe80::1%eth0"],
  ["tidak", "tidak"],
])("the client of %s is %s", (address, client) => {
  expect(clientOfAddress(address)).toBe(client);
});
