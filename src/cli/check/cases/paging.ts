import { type CheckCase, casesOf } from "../check-case.ts";
import { expectEqual, expectThat, okRows } from "../expectations.ts";

export const pagingCases: CheckCase[] = casesOf("Paging", {}, [
  [
    "paging.ranges",
    "after, before, limit and last select the rows of the protocol, oldest first",
    async (check) => {
      const [budi, ani] = [await check.budi, await check.ani];
      for (const text of ["a", "b", "c", "d", "e"]) await budi.command(`sendprivate ${ani.name} ${text}`);
      const base = Number(okRows(await ani.command("inbox last=5"))[0]?.id) - 1;
      const rows = [
        [`after=${base}`, "abcde"],
        [`after=${base} limit=2`, "ab"],
        [`after=${base} last=2`, "de"],
        [`after=${base} before=${base + 4}`, "abc"],
        [`after=${base + 1} before=${base + 5} last=1`, "d"],
        [`before=${base + 3} last=2`, "ab"],
        [`after=${base + 5}`, ""],
        [`after=${base + 2} before=${base + 2}`, ""],
      ] as const;
      for (const [options, texts] of rows) {
        expectEqual(
          okRows(await ani.command(`inbox ${options}`))
            .map(({ text }) => text)
            .join(""),
          texts,
          options,
        );
      }
    },
  ],
  [
    "paging.leading-zeros",
    "numbers may have leading zeros",
    async (check) => void okRows(await (await check.ani).command("inbox after=000 limit=01")),
  ],
  [
    "wait.early",
    "a waiting read is answered as soon as a message arrives",
    async (check) => {
      const [budi, ani] = [await check.budi, await check.member("penunggu")];
      const text = check.newName();
      const waiting = ani.command("inbox wait=25");
      const sent = budi.command(`sendprivate ${ani.name} ${text}`);
      const [reply] = await Promise.all([waiting, sent]);
      expectEqual(
        okRows(reply).map((row) => row.text),
        [text],
        "texts",
      );
    },
  ],
  [
    "wait.empty",
    "a waiting read is answered with an empty page after its time, and not before",
    async (check) => {
      const ani = await check.ani;
      const newest = okRows(await ani.command("inbox last=1"))[0]?.id ?? 0;
      const since = performance.now();
      expectEqual(okRows(await ani.command(`inbox after=${newest} wait=1`)), [], "rows");
      expectThat(performance.now() - since > 900, "one second has passed");
    },
  ],
  [
    "wait.full",
    "a page that has messages does not wait",
    async (check) => {
      const [budi, ani] = [await check.budi, await check.ani];
      await budi.command(`sendprivate ${ani.name} sudah ada`);
      const since = performance.now();
      expectThat(okRows(await ani.command("inbox last=1 wait=25")).length === 1, "one row");
      expectThat(performance.now() - since < 20_000, "no wait");
    },
  ],
]);
