import { afterEach, expect, test, vi } from "vitest";
import type { DomainEvent } from "../../src/domain-events.ts";
import { EventDispatcher } from "../../src/storage/event-dispatcher.ts";

const events: DomainEvent[] = [{ type: "message-log-dropped" }, { type: "sessions-changed", accountId: 1 }];
const error = vi.spyOn(console, "error").mockImplementation(() => {});
afterEach(() => void error.mockClear());

test("subscribers get all events of a commit at once, in the order in which they subscribed", () => {
  const dispatcher = new EventDispatcher();
  const calls: [name: string, events: readonly DomainEvent[]][] = [];
  for (const name of ["first", "second"]) dispatcher.subscribe((each) => calls.push([name, each]));
  dispatcher.dispatch(events);
  expect(calls).toEqual([
    ["first", events],
    ["second", events],
  ]);
});

test("a commit without events is dispatched too", () => {
  const dispatcher = new EventDispatcher();
  const subscriber = vi.fn();
  dispatcher.subscribe(subscriber);
  dispatcher.dispatch([]);
  expect(subscriber.mock.calls).toEqual([[[]]]);
});

test("a subscriber that throws is logged with its stack and does not keep the others from the events", () => {
  const dispatcher = new EventDispatcher();
  const subscriber = vi.fn();
  dispatcher.subscribe(() => {
    throw new Error("a faulty subscriber");
  });
  dispatcher.subscribe(subscriber);
  dispatcher.dispatch(events);
  expect(subscriber.mock.calls).toEqual([[events]]);
  expect(error.mock.calls).toEqual([
    [{ event: "event-subscriber-failed", error: expect.stringMatching(/^Error: a faulty subscriber\n +at /) }],
  ]);
});
