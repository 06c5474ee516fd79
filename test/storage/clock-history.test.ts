import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { limits } from "../../src/limits.ts";
import { ClockHistory } from "../../src/storage/clock-history.ts";
import { migratedDatabase } from "../support/sqlite.ts";

const hour = 60 * 60 * 1000;
const day = 24 * hour;
const today = 20_000 * day;

beforeEach(() => {
  vi.spyOn(console, "warn").mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** A shard's database, a clock that can be set, and time that passes. Each `start` is a new process. */
function setUp() {
  const { database, unitOfWork } = migratedDatabase();
  let elapsed = 0;
  let shift = 0;
  const wall = () => today + shift + elapsed;
  let history: ClockHistory;
  const clock = () => history.now();
  const start = () => {
    const startedAt = elapsed;
    // A monotonic clock starts anew with its process.
    history = new ClockHistory({
      shardName: "surabaya/0",
      database,
      clock: wall,
      monotonic: () => elapsed - startedAt + 0.5,
    });
    save();
  };
  const save = () => unitOfWork.runNow((tx) => history.save(tx));
  start();
  return {
    clock,
    start,
    save,
    pass: (ms: number) => {
      elapsed += ms;
    },
    step: (ms: number) => {
      shift += ms;
    },
    steady: () => history.steady.now(),
    wallTimeOf: (time: number) => history.steady.wallTimeOf(time),
    ageOf: (time: number) => clock() - history.presentOf(time),
    nextDue: () => history.nextDue(),
    periods: () => database.all<{ started_at: number; ended_at: number }>("select * from clock_periods"),
    logged: () => vi.mocked(console.warn).mock.calls.map(([entry]) => entry),
  };
}

test("without a step every time is what it is, also one that lies ahead", () => {
  const { ageOf, clock, logged, pass, save, start } = setUp();
  const stored = clock();
  for (let n = 0; n < 30; n++) {
    pass(day - hour);
    save();
    if (n % 3 === 0) start();
  }
  expect(ageOf(stored)).toBe(30 * (day - hour));
  expect(ageOf(clock() + hour)).toBe(-hour);
  expect(logged()).toEqual([]);
});

for (const across of ["while the process lives", "across a restart"] as const) {
  const restart = (start: () => void) => across === "across a restart" && start();

  test(`a step forward ${across} makes a stored time a day older at most, and is logged`, () => {
    const { ageOf, clock, logged, pass, start, step } = setUp();
    const stored = clock();
    step(30 * day);
    restart(start);
    expect(ageOf(stored)).toBe(day);
    pass(hour);
    expect(ageOf(stored)).toBe(day + hour);
    expect(logged()).toMatchObject([{ event: "clock-stepped", shard: "surabaya/0", seconds: 2_592_000 }]);
  });

  test(`a step back ${across} makes a stored time neither younger nor lie ahead`, () => {
    const { ageOf, clock, pass, start, step } = setUp();
    pass(10 * hour);
    const stored = clock() - 9 * hour;
    step(-30 * day);
    restart(start);
    // Across a restart nobody knows how long it took.
    expect(ageOf(stored)).toBeLessThanOrEqual(9 * hour);
    expect(ageOf(stored)).toBeGreaterThanOrEqual(0);
    const before = ageOf(stored);
    pass(5 * day);
    expect(ageOf(stored)).toBeLessThanOrEqual(before + 5 * day);
    expect(ageOf(stored)).toBeGreaterThanOrEqual(before + 5 * day - hour);
  });

  test(`what a wrong clock stored is as old as it is when the clock is right again ${across}`, () => {
    for (const wrong of [-10 * day, 30 * day]) {
      const { ageOf, clock, pass, start, step } = setUp();
      step(wrong);
      restart(start);
      const stored = clock();
      pass(10_000);
      step(-wrong);
      restart(start);
      expect(ageOf(stored)).toBeGreaterThanOrEqual(0);
      expect(ageOf(stored)).toBeLessThanOrEqual(day + 10_000);
      pass(6 * hour);
      expect(ageOf(stored)).toBeGreaterThanOrEqual(6 * hour);
    }
  });
}

test("a machine that was suspended or off for a night is older by that night, and only the suspend is logged", () => {
  const { ageOf, clock, logged, start, step } = setUp();
  const stored = clock();
  step(8 * hour);
  expect(ageOf(stored)).toBe(8 * hour);
  expect(logged()).toMatchObject([{ seconds: 28_800, uncountedSeconds: 0, isRestart: false }]);
  step(8 * hour);
  start();
  expect(ageOf(stored)).toBe(16 * hour);
  expect(logged()).toHaveLength(1);
});

test("a time that no period explains keeps lying ahead", () => {
  const { ageOf, clock, start, step } = setUp();
  step(-2 * day);
  start();
  expect(ageOf(clock() + 400 * day)).toBe(-400 * day);
});

for (const across of ["while the process lives", "across a restart"] as const) {
  test(`the steady clock counts what has passed, whatever steps come ${across}`, () => {
    const { clock, pass, save, start, steady, step, wallTimeOf } = setUp();
    const first = steady();
    let counted = 0;
    for (const days of [40, -40, -4_000, 4_000, -0.5, 0.5, 3, -3]) {
      const before = steady();
      // What a process lives on after its last stored look is lost by a step back across its end: an hour at most.
      save();
      step(days * day);
      if (across === "across a restart") start();
      // Up to a day of a step forward may have passed.
      counted += Math.min(Math.max(0, days), 1) * day;
      expect(steady() - first).toBe(counted);
      pass(hour);
      counted += hour;
      expect(steady()).toBeGreaterThan(before);
      expect(wallTimeOf(steady())).toBe(clock());
    }
    expect(steady() - first).toBe(counted);
  });
}

test("the steady clock goes on where it was after many steps have become few periods", () => {
  const { pass, start, steady, step } = setUp();
  const first = steady();
  for (let n = 0; n < 3 * limits.clockPeriodsMax; n++) {
    pass(60_000);
    step(-3 * day);
    start();
  }
  // Across a restart nobody knows how long a step back took, and the time before it was not looked at.
  expect(steady() - first).toBe(0);
  pass(hour);
  expect(steady() - first).toBe(hour);
});

test("a clock that is slewed does not step", () => {
  const { logged, save, step } = setUp();
  for (let n = 0; n < 1_000; n++) {
    step(limits.clockStepMinMs / 2);
    save();
  }
  expect(logged()).toEqual([]);
});

test("a look is stored once an hour, as one row", () => {
  const { clock, nextDue, pass, periods, save } = setUp();
  const [first] = periods();
  pass(hour - 1);
  save();
  expect(periods()).toEqual([first]);
  pass(1);
  expect(nextDue()).toBe(clock());
  save();
  expect(periods()).toEqual([{ ...first, ended_at: clock() }]);
});

test("many steps become a bounded number of periods, and nothing that was stored before gets old by them", () => {
  const { ageOf, clock, pass, periods, start, step } = setUp();
  const stored = clock();
  for (let n = 0; n < 5 * limits.clockPeriodsMax; n++) {
    pass(60_000);
    step(n % 2 === 0 ? -3 * day : 3 * day);
    start();
  }
  expect(periods()).toHaveLength(limits.clockPeriodsMax);
  expect(ageOf(stored)).toBeGreaterThanOrEqual(0);
  expect(ageOf(stored)).toBeLessThanOrEqual((5 * limits.clockPeriodsMax * day) / 2 + hour * 2);
});
