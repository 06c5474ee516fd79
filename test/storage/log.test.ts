import { beforeEach, expect, test, vi } from "vitest";
import { logError, logWarning } from "../../src/storage/log.ts";

const error = vi.spyOn(console, "error").mockImplementation(() => {});
const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
beforeEach(() => {
  error.mockClear();
  warn.mockClear();
});

test("an error is logged with its event, its fields and its stack", () => {
  logError("alarm-failed", new TypeError("a bug"), { shard: "surabaya/0", attempt: 2 });
  expect(error.mock.calls).toEqual([
    [
      {
        event: "alarm-failed",
        shard: "surabaya/0",
        attempt: 2,
        error: expect.stringMatching(/^TypeError: a bug\n +at .*log\.test\.ts/),
      },
    ],
  ]);
});

test("the causes of an error are logged with their stacks, the nearest first", () => {
  const root = new Error("the disk is full");
  const cause = new Error("the write failed", { cause: root });
  logError("alarm-failed", new Error("no commit", { cause }));
  expect(error.mock.calls).toEqual([
    [
      {
        event: "alarm-failed",
        error: expect.stringMatching(/^Error: no commit\n +at /),
        causes: [
          expect.stringMatching(/^Error: the write failed\n +at /),
          expect.stringMatching(/^Error: the disk is full\n +at /),
        ],
      },
    ],
  ]);
});

test("a thrown value that is no error is logged as text, also as a cause", () => {
  logError("alarm-failed", "a text");
  logError("alarm-failed", new Error("no commit", { cause: 7 }));
  expect(error.mock.calls.flat()).toEqual([
    { event: "alarm-failed", error: "a text" },
    { event: "alarm-failed", error: expect.stringMatching(/^Error: no commit/), causes: ["7"] },
  ]);
});

test("a circle of causes is logged up to five causes", () => {
  const first = new Error("first");
  first.cause = new Error("second", { cause: first });
  logError("alarm-failed", first);
  expect(error.mock.calls[0]?.[0].causes).toHaveLength(5);
});

test("an error without a stack is logged by its name and message", () => {
  const thrown = new RangeError("too far");
  delete thrown.stack;
  logError("alarm-failed", thrown);
  expect(error.mock.calls).toEqual([[{ event: "alarm-failed", error: "RangeError: too far" }]]);
});

test("a warning is logged with its event and its fields, and is no error", () => {
  logWarning("peer-keys-fetch-failed", { peer: "malang", problem: "timeout" });
  expect(warn.mock.calls).toEqual([[{ event: "peer-keys-fetch-failed", peer: "malang", problem: "timeout" }]]);
  expect(error).not.toHaveBeenCalled();
});
