import { type CheckCase, casesOf } from "../check-case.ts";
import { expectEqual, okData, okRows } from "../expectations.ts";

export const conversationCases: CheckCase[] = [
  ...casesOf("thread", {}, [
    [
      "thread.directions",
      "a conversation has both directions, and own messages have their state",
      async (check) => {
        const [budi, lawan] = [await check.budi, await check.member("lawan")];
        const sent = await budi.command(`sendprivate ${lawan.name} tanya`);
        await lawan.command(`sendprivate ${budi.name} jawab`);
        const rows = okRows(await budi.command(`thread last=2 ${lawan.address}`));
        expectEqual(
          rows.map(({ from, text }) => [from, text]),
          [
            [budi.address, "tanya"],
            [lawan.address, "jawab"],
          ],
          "rows",
        );
        expectEqual(
          [rows[0]?.sent, rows[0]?.state, rows[1]?.state],
          [sent.delivery?.id, "delivered", undefined],
          "sent and state",
        );
      },
    ],
    [
      "thread.empty",
      "a conversation without messages is empty, also with an account that does not exist",
      async (check) => expectEqual(okRows(await (await check.budi).command(`thread ${check.newName()}`)), [], "rows"),
    ],
    [
      "threads.row",
      "threads lists a conversation with its newest message and the number of unread ones",
      async (check) => {
        const [budi, penulis] = [await check.budi, await check.member("penulis")];
        await penulis.command(`sendprivate ${budi.name} satu`);
        await penulis.command(`sendprivate ${budi.name} dua`);
        const row = okRows(await budi.command("threads")).find((each) => each.with === penulis.address);
        expectEqual(
          [row?.newest, row?.read, row?.unread, (row?.last as { text?: string } | undefined)?.text],
          [2, 0, 2, "dua"],
          "row",
        );
      },
    ],
  ]),
  ...casesOf("read", {}, [
    [
      "read.marker",
      "a read marker moves forwards only, and not beyond the newest message",
      async (check) => {
        const [budi, pembaca] = [await check.budi, await check.member("pembaca")];
        for (const text of ["1", "2", "3"]) await pembaca.command(`sendprivate ${budi.name} ${text}`);
        const marker = async () => {
          const row = okRows(await budi.command("threads")).find((each) => each.with === pembaca.address);
          return [row?.read, row?.unread];
        };
        for (const [id, expected] of [
          [2, [2, 1]],
          [1, [2, 1]],
          [99, [3, 0]],
        ] as const) {
          okData(await budi.command(`read kind=private ${pembaca.address} ${id}`));
          expectEqual(await marker(), expected, `marker and unread after read ${id}`);
        }
      },
    ],
  ]),
];
