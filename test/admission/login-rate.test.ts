import { expect, test } from "vitest";
import { LoginRate } from "../../src/admission/login-rate.ts";
import { limits } from "../../src/limits.ts";

const perMinute = limits.loginsPerClientPerMinute;

test("a client is admitted so often in a minute, and then told when it may come back", () => {
  let now = 0;
  const rate = new LoginRate(() => now);
  for (let n = 0; n < perMinute; n++) expect(rate.admit("192.0.2.1")).toBe(0);
  const seconds = rate.admit("192.0.2.1");
  expect(seconds).toBe(60 / perMinute);
  expect(rate.admit("192.0.2.2")).toBe(0);
  now = seconds * 1000;
  expect(rate.admit("192.0.2.1")).toBe(0);
  expect(rate.admit("192.0.2.1")).toBeGreaterThan(0);
});

test("the clients of one IPv6 /48 network share a larger rate", () => {
  const rate = new LoginRate(() => 0);
  const admitted = Array.from({ length: 1000 }, (_, n) => rate.admit(`2001:db8:1:${n.toString(16)}::/64`));
  expect(admitted.filter((seconds) => seconds === 0)).toHaveLength(limits.loginsPerNetworkPerMinute);
  expect(rate.admit("2001:db8:2:1::/64")).toBe(0);
});
