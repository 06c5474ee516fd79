import { MessageChannel } from "node:worker_threads";
import { afterEach, expect, test, vi } from "vitest";
import { ThreadChannel } from "../../src/selfhost/thread-channel.ts";

const open: { close(): void }[] = [];
afterEach(() => {
  for (const port of open.splice(0)) port.close();
});

/** Two ends of a channel. The far one has an object `shelf`. */
function openChannel(shelf: object) {
  const { port1, port2 } = new MessageChannel();
  open.push(port1, port2);
  const posted = vi.spyOn(port1, "postMessage");
  const nothing = () => {
    throw new Error("there is nothing here");
  };
  const near = new ThreadChannel(port1, nothing);
  new ThreadChannel(port2, (target) => (target === "shelf" ? shelf : nothing()));
  return { near, posted };
}

test("a call returns its own result, with its own `this`", async () => {
  class Shelf {
    readonly #books = ["a", "b"];
    async take(index: number, suffix: string) {
      return [this.#books[index], suffix];
    }
  }
  const { near } = openChannel(new Shelf());
  expect(await Promise.all([near.call("shelf", "take", 1, "!"), near.call("shelf", "take", 0, "?")])).toEqual([
    ["b", "!"],
    ["a", "?"],
  ]);
});

test("the calls of one turn travel in one message, in their order", async () => {
  const seen: number[] = [];
  const { near, posted } = openChannel({ note: (n: number) => void seen.push(n) });
  near.notify("shelf", "note", 0);
  await Promise.all(Array.from({ length: 50 }, (_, n) => near.call("shelf", "note", n + 1)));
  expect(seen).toEqual(Array.from({ length: 51 }, (_, n) => n));
  expect(posted).toHaveBeenCalledTimes(1);
});

test("an error travels with its message and stack, whatever else it holds", async () => {
  const thrown = new Error("torn page", { cause: { cannotBeCloned: () => {} } });
  const { near } = openChannel({
    async take() {
      throw thrown;
    },
  });
  const error = await near.call("shelf", "take").catch((caught: Error) => caught);
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ message: "torn page", stack: thrown.stack });
  await expect(near.call("shelf", "give")).rejects.toThrow("shelf has no method give");
  await expect(near.call("cellar", "take")).rejects.toThrow("there is nothing here");
});

test("a value that cannot be cloned fails alone, on either side", async () => {
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  const { near } = openChannel({ echo: (value: unknown) => value, odd: () => () => {} });
  const [good, argument, result, another] = await Promise.allSettled([
    near.call("shelf", "echo", 1),
    near.call("shelf", "echo", () => {}),
    near.call("shelf", "odd"),
    near.call("shelf", "echo", 2),
  ]);
  expect([good, another]).toEqual([
    { status: "fulfilled", value: 1 },
    { status: "fulfilled", value: 2 },
  ]);
  expect([argument?.status, result?.status]).toEqual(["rejected", "rejected"]);
  expect(log).toHaveBeenCalled();
  log.mockRestore();
});

test("a failed notification is logged", async () => {
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  const { near } = openChannel({});
  near.notify("shelf", "note");
  await expect.poll(() => log.mock.calls[0]?.[0]).toMatchObject({ event: "thread-call-failed", target: "shelf" });
  log.mockRestore();
});

test("a stream is read from the other side, and a reader that leaves ends its source", async () => {
  let pulls = 0;
  let isCancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array([++pulls])),
    cancel: () => {
      isCancelled = true;
    },
  });
  const { near } = openChannel({ read: () => ({ kind: "stream", body: stream }) });
  const { body } = (await near.call("shelf", "read")) as { body: ReadableStream<Uint8Array> };
  const reader = body.getReader();
  expect((await reader.read()).value).toEqual(new Uint8Array([1]));
  await reader.cancel();
  await expect.poll(() => isCancelled).toBe(true);
  expect(pulls).toBeLessThan(20);
});
