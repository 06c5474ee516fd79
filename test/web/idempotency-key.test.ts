import { expect, test } from "vitest";
import { newIdempotencyKey } from "../../src/web/chat/idempotency-key.ts";

test("every key is a random UUID of version 4", () => {
  const keys = new Set(Array.from({ length: 100 }, newIdempotencyKey));
  expect(keys.size).toBe(100);
  for (const key of keys) expect(key).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
});
