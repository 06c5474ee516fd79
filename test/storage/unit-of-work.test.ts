import { expect, test } from "vitest";
import type { DomainEvent } from "../../src/domain-events.ts";
import { limits } from "../../src/limits.ts";
import { DatabaseReader } from "../../src/storage/database-reader.ts";
import { EventDispatcher } from "../../src/storage/event-dispatcher.ts";
import type { SqlDriver, Transaction } from "../../src/storage/sql.ts";
import { UnitOfWork } from "../../src/storage/unit-of-work.ts";
import { memoryDriver } from "../support/sqlite.ts";

/** An event that names its note. */
const eventOf = (note: string): DomainEvent => ({ type: "conversation-appended", conversationKey: note });

/** A unit of work over one table of notes, with a log of what happened when. */
function open(committed: (events: readonly DomainEvent[]) => void = () => {}) {
  const memory = memoryDriver();
  memory.run("create table notes (note text not null) strict");
  const callLog: string[] = [];
  const driver: SqlDriver = {
    ...memory,
    transaction(work) {
      callLog.push("begin");
      try {
        return memory.transaction(work);
      } finally {
        callLog.push("end");
      }
    },
  };
  const dispatcher = new EventDispatcher();
  dispatcher.subscribe((events) => {
    callLog.push("committed");
    committed(events);
  });
  const unitOfWork = new UnitOfWork({ driver, dispatcher, scheduleCommit: setImmediate });
  const write = (note: string) => (tx: Transaction) => {
    callLog.push(note);
    tx.write("insert into notes values (?)", note);
    return note;
  };
  const writeWithEvent = (note: string) => (tx: Transaction) => {
    tx.emit(eventOf(note));
    return write(note)(tx);
  };
  const database = new DatabaseReader(driver);
  const notes = () => database.all<{ note: string }>("select note from notes order by rowid").map((row) => row.note);
  return { unitOfWork, database, callLog, write, writeWithEvent, notes };
}

const fail = () => {
  throw new Error("no");
};

test("writes that arrive together are applied in order by one transaction, and answered after it", async () => {
  const { unitOfWork, callLog, write, notes } = open();
  const answers = ["a", "b", "c"].map((note) =>
    unitOfWork.run(write(note)).then((answer) => callLog.push(`answered ${answer}`)),
  );
  expect(callLog).toEqual([]);
  await Promise.all(answers);
  expect(callLog).toEqual(["begin", "a", "b", "c", "end", "committed", "answered a", "answered b", "answered c"]);
  expect(notes()).toEqual(["a", "b", "c"]);
});

test("a write that throws fails alone: its changes are undone, and all others are applied once and in order", async () => {
  const { unitOfWork, write, notes } = open();
  const results = await Promise.allSettled([
    unitOfWork.run(write("a")),
    unitOfWork.run((tx) => {
      write("half")(tx);
      throw new Error("no");
    }),
    unitOfWork.run(write("b")),
    unitOfWork.run(() => {
      throw new Error("neither");
    }),
    unitOfWork.run(write("c")),
  ]);
  expect(results).toEqual([
    { status: "fulfilled", value: "a" },
    { status: "rejected", reason: new Error("no") },
    { status: "fulfilled", value: "b" },
    { status: "rejected", reason: new Error("neither") },
    { status: "fulfilled", value: "c" },
  ]);
  expect(notes()).toEqual(["a", "b", "c"]);
});

test("a lone write that failed is not applied again after its caller got the error", async () => {
  const { unitOfWork, callLog, write, notes } = open();
  let times = 0;
  const once = unitOfWork.run((tx) => {
    write("note")(tx);
    if (++times === 1) throw new Error("this time");
  });
  await expect(once).rejects.toThrow("this time");
  await unitOfWork.run(write("next"));
  expect(callLog.filter((entry) => entry === "note")).toHaveLength(1);
  expect(notes()).toEqual(["next"]);
});

test("a batch that failed as a whole leaves the next batch unaffected", async () => {
  const { unitOfWork, write, notes } = open();
  await expect(unitOfWork.run(fail)).rejects.toThrow("no");
  expect(await unitOfWork.run(write("a"))).toBe("a");
  expect(notes()).toEqual(["a"]);
});

test("a write that arrives while a batch is applied or dispatched joins the next transaction", async () => {
  const later: Promise<string>[] = [];
  const { unitOfWork, callLog, write, notes } = open(() => {
    if (later.length === 1) later.push(unitOfWork.run(write("from the subscriber")));
  });
  await unitOfWork.run((tx) => {
    later.push(unitOfWork.run(write("from the write")));
    return write("first")(tx);
  });
  await Promise.all(later);
  await Promise.all(later);
  expect(callLog).toEqual([
    ...["begin", "first", "end", "committed"],
    ...["begin", "from the write", "from the subscriber", "end", "committed"],
  ]);
  expect(notes()).toEqual(["first", "from the write", "from the subscriber"]);
});

test("ten thousand writes at once take few transactions of limited size, in order, and each gets its own result", async () => {
  const { unitOfWork, callLog, write } = open();
  const wanted = Array.from({ length: 10_000 }, (_, n) => String(n));
  expect(await Promise.all(wanted.map((note) => unitOfWork.run(write(note))))).toEqual(wanted);
  expect(callLog.filter((entry) => /^\d/.test(entry))).toEqual(wanted);
  expect(callLog.filter((entry) => entry === "begin")).toHaveLength(Math.ceil(10_000 / limits.commitMaxWrites));
});

test("the events of a batch are dispatched together, in order, after its commit", async () => {
  const dispatched: { events: readonly DomainEvent[]; stored: string[] }[] = [];
  const { unitOfWork, writeWithEvent, notes } = open((events) => dispatched.push({ events, stored: notes() }));
  await Promise.all(["a", "b"].map((note) => unitOfWork.run(writeWithEvent(note))));
  expect(dispatched).toEqual([{ events: [eventOf("a"), eventOf("b")], stored: ["a", "b"] }]);
});

test("the events of a write that is rolled back are dropped, and those of the others are dispatched once", async () => {
  const dispatched: (readonly DomainEvent[])[] = [];
  const { unitOfWork, writeWithEvent } = open((events) => dispatched.push(events));
  await Promise.allSettled([
    unitOfWork.run(writeWithEvent("a")),
    unitOfWork.run((tx) => {
      tx.emit(eventOf("lost"));
      throw new Error("no");
    }),
    unitOfWork.run(writeWithEvent("b")),
  ]);
  expect(dispatched).toEqual([[eventOf("a"), eventOf("b")]]);
  await Promise.allSettled([unitOfWork.run((tx) => [tx.emit(eventOf("lost too")), fail()])]);
  expect(dispatched.flat()).toHaveLength(2);
});

test("runNow commits and dispatches before it returns, without the writes that wait", async () => {
  const dispatched: DomainEvent[] = [];
  const { unitOfWork, write, writeWithEvent, notes } = open((events) => dispatched.push(...events));
  const waiting = unitOfWork.run(write("waiting"));
  expect(unitOfWork.runNow(writeWithEvent("now"))).toBe("now");
  expect([notes(), dispatched]).toEqual([["now"], [eventOf("now")]]);
  await waiting;
  expect(notes()).toEqual(["now", "waiting"]);
});

test("runNow rolls back a write that throws, drops its events and throws the error on", () => {
  const dispatched: DomainEvent[] = [];
  const { unitOfWork, writeWithEvent, notes } = open((events) => dispatched.push(...events));
  expect(() => unitOfWork.runNow((tx) => [writeWithEvent("a")(tx), fail()])).toThrow("no");
  expect([notes(), dispatched]).toEqual([[], []]);
});

test("a rollback undoes changes in memory, the last one first, before its listeners are called", async () => {
  const { unitOfWork } = open();
  const undone: string[] = [];
  unitOfWork.onRollback(() => undone.push("listener"));
  await unitOfWork.run((tx) => tx.onRollback(() => undone.push("never")));
  const failed = unitOfWork.run((tx) => {
    for (const change of ["first", "second"]) tx.onRollback(() => undone.push(change));
    throw new Error("no");
  });
  await expect(failed).rejects.toThrow("no");
  expect(undone).toEqual(["second", "first", "listener"]);
});

test("a transaction reads what it has written", async () => {
  const { unitOfWork, write } = open();
  const count = "select count(*) count from notes";
  const counted = await unitOfWork.run((tx) => {
    write("a")(tx);
    return tx.first<{ count: number }>(count);
  });
  expect(counted).toEqual({ count: 1 });
});

test("writeReturning returns the first row, or null if nothing was changed", async () => {
  const { unitOfWork } = open();
  const insert = "insert into notes select ? where ? returning note";
  const [row, none] = await unitOfWork.run((tx) => [
    tx.writeReturning(insert, "a", 1),
    tx.writeReturning(insert, "b", 0),
  ]);
  expect([row, none]).toEqual([{ note: "a" }, null]);
});

test("a write or an event after its transaction has ended throws and changes nothing", async () => {
  const dispatched: DomainEvent[] = [];
  const { unitOfWork, write, notes } = open((events) => dispatched.push(...events));
  const kept: Transaction[] = [];
  await unitOfWork.run((tx) => kept.push(tx));
  await expect(unitOfWork.run((tx) => [kept.push(tx), fail()])).rejects.toThrow("no");
  unitOfWork.runNow((tx) => kept.push(tx));
  expect(kept).toHaveLength(3);
  for (const tx of kept) {
    expect(() => write("late")(tx)).toThrow("after its transaction has ended");
    expect(() => tx.writeReturning("insert into notes values ('late') returning note")).toThrow("has ended");
    expect(() => tx.emit(eventOf("late"))).toThrow("has ended");
  }
  await unitOfWork.run(() => {});
  expect([notes(), dispatched]).toEqual([[], []]);
});

test.each(["begin", "commit"] as const)(
  "where a transaction cannot %s, all its writes fail at once and none is tried again",
  async (step) => {
    const memory = memoryDriver();
    memory.run("create table notes (note text not null) strict");
    let attempts = 0;
    const driver: SqlDriver = {
      ...memory,
      transaction(work) {
        attempts++;
        if (step === "begin") throw new Error("database is locked");
        return memory.transaction(() => {
          work();
          throw new Error("database is locked");
        });
      },
    };
    const unitOfWork = new UnitOfWork({ driver, dispatcher: new EventDispatcher(), scheduleCommit: setImmediate });
    const results = await Promise.allSettled(
      ["a", "b", "c"].map((note) => unitOfWork.run((tx) => tx.write("insert into notes values (?)", note))),
    );
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(attempts).toBe(1);
    expect(memory.all("select note from notes")).toEqual([]);
  },
);
