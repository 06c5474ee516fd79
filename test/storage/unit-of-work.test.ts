import { expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import type { Timer } from "../../src/storage/clock.ts";
import { GroupCommit } from "../../src/storage/unit-of-work.ts";
import { memoryDatabase } from "../support/sqlite.ts";

const timer: Timer = (done, ms) => {
  const handle = setTimeout(done, ms);
  return () => clearTimeout(handle);
};

/** A group commit over one table of notes, with a diary of what happened when. */
function open(committed: () => void = () => {}) {
  const { sql, transaction } = memoryDatabase();
  sql.exec("create table notes (note text not null) strict");
  const diary: string[] = [];
  const commit = new GroupCommit(
    (work) => {
      diary.push("begin");
      try {
        return transaction(work);
      } finally {
        diary.push("end");
      }
    },
    () => {
      diary.push("committed");
      committed();
    },
    timer,
  );
  const write = (note: string) => () => {
    diary.push(note);
    sql.exec("insert into notes values (?)", note);
    return note;
  };
  const notes = () =>
    sql
      .exec<{ note: string }>("select note from notes order by rowid")
      .toArray()
      .map((row) => row.note);
  return { commit, diary, write, notes };
}

test("Works that arrive together are applied in their order by one transaction, and answered after it.", async () => {
  const { commit, diary, write, notes } = open();
  const answers = ["a", "b", "c"].map((note) => commit.run(write(note)).then((said) => diary.push(`answered ${said}`)));
  expect(diary).toEqual([]);
  await Promise.all(answers);
  expect(diary).toEqual(["begin", "a", "b", "c", "end", "committed", "answered a", "answered b", "answered c"]);
  expect(notes()).toEqual(["a", "b", "c"]);
});

test("A work that throws fails alone: its own writes are undone, and all others are applied once and in order.", async () => {
  const { commit, write, notes } = open();
  const results = await Promise.allSettled([
    commit.run(write("a")),
    commit.run(() => {
      write("half")();
      throw new Error("no");
    }),
    commit.run(write("b")),
    commit.run(() => {
      throw new Error("neither");
    }),
    commit.run(write("c")),
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

test("What failed alone is not tried again behind the back of whoever was told so.", async () => {
  const { commit, diary, write, notes } = open();
  let times = 0;
  const once = commit.run(() => {
    write("note")();
    if (++times === 1) throw new Error("this time");
  });
  await expect(once).rejects.toThrow("this time");
  await commit.run(write("next"));
  expect(diary.filter((entry) => entry === "note")).toHaveLength(1);
  expect(notes()).toEqual(["next"]);
});

test("After a batch that failed whole the next one is applied as if nothing had been.", async () => {
  const { commit, write, notes } = open();
  await expect(
    commit.run(() => {
      throw new Error("no");
    }),
  ).rejects.toThrow("no");
  expect(await commit.run(write("a"))).toBe("a");
  expect(notes()).toEqual(["a"]);
});

test("A work that is asked for while a batch is applied or committed comes in the next transaction.", async () => {
  const later: Promise<string>[] = [];
  const { commit, diary, write, notes } = open(() => {
    if (later.length === 1) later.push(commit.run(write("from the committed")));
  });
  await commit.run(() => {
    later.push(commit.run(write("from the work")));
    return write("first")();
  });
  await Promise.all(later);
  await Promise.all(later);
  expect(diary).toEqual([
    ...["begin", "first", "end", "committed"],
    ...["begin", "from the work", "from the committed", "end", "committed"],
  ]);
  expect(notes()).toEqual(["first", "from the work", "from the committed"]);
});

test("Ten thousand at once take few transactions, so many each, in their order, and each gets its own answer.", async () => {
  const { commit, diary, write } = open();
  const wanted = Array.from({ length: 10_000 }, (_, n) => String(n));
  expect(await Promise.all(wanted.map((note) => commit.run(write(note))))).toEqual(wanted);
  expect(diary.filter((word) => /^\d/.test(word))).toEqual(wanted);
  expect(diary.filter((word) => word === "begin")).toHaveLength(Math.ceil(10_000 / limits.commitMaxWrites));
});
