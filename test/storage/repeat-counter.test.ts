import { expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { RepeatCounter } from "../../src/storage/repeat-counter.ts";

const most = limits.logLinesPerMinute;

test("of each kind the first lines of a minute are logged, and the number of the others with the first line after it", () => {
  let now = Date.UTC(2026, 0, 1);
  const counter = new RepeatCounter(() => now);
  const logged = Array.from({ length: most + 5 }, () => counter.count("sering"));
  expect(logged.filter(({ isLogged }) => isLogged)).toHaveLength(most);
  expect(counter.count("jarang")).toEqual({ isLogged: true, unlogged: [] });
  now += 60_000;
  const unlogged = [{ kind: "sering", times: 5, minute: "2026-01-01T00:00:00.000Z" }];
  expect(counter.count("jarang")).toEqual({ isLogged: true, unlogged });
  expect(counter.count("sering")).toEqual({ isLogged: true, unlogged: [] });
});

test("a clock that is set back does not silence the log", () => {
  let now = Date.UTC(2026, 0, 2);
  const counter = new RepeatCounter(() => now);
  for (let n = 0; n < most + 1; n++) counter.count("sering");
  now = Date.UTC(2026, 0, 1);
  expect(counter.count("sering")).toMatchObject({ isLogged: true, unlogged: [{ times: 1 }] });
});

test("kinds that a peer invents share one count", () => {
  const counter = new RepeatCounter(() => 0);
  const logged = Array.from({ length: 10_000 }, (_, n) => counter.count(`karangan ${n}`)).filter((one) => one.isLogged);
  expect(logged).toHaveLength(limits.logKindsMax + most);
});
