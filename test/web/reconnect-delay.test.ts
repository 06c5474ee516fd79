import { expect, test } from "vitest";
import { reconnectDelayMaxMs, reconnectDelayMinMs, reconnectDelayMs } from "../../src/web/chat/reconnect-delay.ts";

test("the delay grows to its maximum, and jitter takes away up to half of it", () => {
  const longest = Array.from({ length: 40 }, (_, failures) => reconnectDelayMs(failures, 1));
  expect(longest[0]).toBe(reconnectDelayMinMs);
  expect(longest.at(-1)).toBe(reconnectDelayMaxMs);
  expect(longest).toEqual(longest.toSorted((one, other) => one - other));
  expect(reconnectDelayMs(3, 0)).toBe(reconnectDelayMs(3, 1) / 2);
});
