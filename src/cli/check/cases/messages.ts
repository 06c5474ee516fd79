import { type CheckCase, casesOf } from "../check-case.ts";
import { expectEqual, expectError, expectThat, okData, okObject, okRows } from "../expectations.ts";

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

export const messageCases: CheckCase[] = [
  ...casesOf("sendprivate", {}, [
    [
      "send.delivered",
      "a message within the realm is delivered, and the reply says so with its id",
      async (check) => {
        const reply = await (await check.budi).command(`sendprivate ${(await check.ani).name} sampai`);
        okData(reply);
        expectEqual(reply.delivery?.state, "delivered", "Delivery-State");
        expectThat((reply.delivery?.id ?? 0) > 0, "Message-Id");
      },
    ],
    [
      "send.row",
      "a row of inbox has id, from, text and time",
      async (check) => {
        const [budi, ani] = [await check.budi, await check.ani];
        await budi.command(`sendprivate ${ani.address} baris`);
        const [row] = okRows(await ani.command("inbox last=1"));
        expectEqual([row?.from, row?.text], [budi.address, "baris"], "from and text");
        expectThat(Number.isSafeInteger(row?.id) && isoTime.test(String(row?.time)), "id and time");
      },
    ],
    [
      "send.verbatim",
      "leading, inner and trailing spaces, a line end and control characters of a text are kept",
      async (check) => {
        const [budi, ani] = [await check.budi, await check.ani];
        const texts = [
          " ",
          "  depan",
          "belakang  ",
          "dua\nbaris",
          "\u0000\u0001\t",
          "a=b",
          "😀é日本",
          "key=x bukan opsi",
        ];
        for (const text of texts) okData(await budi.command(`sendprivate ${ani.name} ${text}`));
        const rows = okRows(await ani.command(`inbox last=${texts.length}`));
        expectEqual(
          rows.map(({ text }) => text),
          texts,
          "texts",
        );
      },
    ],
    [
      "send.order",
      "messages of one sender arrive in their order, and ids grow by one",
      async (check) => {
        const [budi, ani] = [await check.budi, await check.ani];
        for (const text of ["1", "2", "3"]) await budi.command(`sendprivate ${ani.name} ${text}`);
        const rows = okRows(await ani.command("inbox last=3"));
        expectEqual(
          rows.map(({ text }) => text),
          ["1", "2", "3"],
          "texts",
        );
        const first = Number(rows[0]?.id);
        expectEqual(
          rows.map(({ id }) => id),
          [first, first + 1, first + 2],
          "ids",
        );
      },
    ],
    [
      "send.case",
      "an address ignores the case of ASCII letters",
      async (check) => {
        okData(await (await check.budi).command(`SENDPRIVATE ${(await check.ani).name.toUpperCase()} besar`));
      },
    ],
    [
      "send.failed",
      "a message to an account that does not exist is recorded as failed",
      async (check) => {
        const budi = await check.budi;
        const reply = await budi.command(`sendprivate ${check.newName()} hai`);
        expectError(reply, "no-such-user");
        expectEqual(reply.delivery?.state, "failed", "Delivery-State");
        const sent = okObject(await budi.command(`status ${reply.delivery?.id}`));
        expectEqual([sent.state, sent.reason], ["failed", "no-such-user"], "state and reason");
      },
    ],
  ]),
  ...casesOf("Message states", {}, [
    [
      "key.repeat",
      "a send that is repeated with its key stores one message and has one id",
      async (check) => {
        const [budi, ani] = [await check.budi, await check.ani];
        const key = check.newName();
        const line = `sendprivate key=${key} ${ani.name} sekali ${key}`;
        const ids = [];
        for (let attempt = 0; attempt < 3; attempt++) ids.push((await budi.command(line)).delivery?.id);
        expectEqual(new Set(ids).size, 1, "number of ids");
        const rows = okRows(await ani.command("inbox last=3")).filter(({ text }) => text === `sekali ${key}`);
        expectEqual(rows.length, 1, "messages in the inbox");
      },
    ],
    [
      "key.concurrent",
      "ten sends with one key at the same time store one message",
      async (check) => {
        const [budi, ani] = [await check.budi, await check.ani];
        const key = check.newName();
        const line = `sendprivate key=${key} ${ani.name} serentak ${key}`;
        const replies = await Promise.all(Array.from({ length: 10 }, () => budi.command(line)));
        expectEqual(new Set(replies.map((reply) => reply.delivery?.id)).size, 1, "number of ids");
        const rows = okRows(await ani.command("inbox last=10")).filter(({ text }) => text === `serentak ${key}`);
        expectEqual(rows.length, 1, "messages in the inbox");
      },
    ],
    [
      "key.full-address",
      "a name and its full address are the same recipient of a key",
      async (check) => {
        const [budi, ani] = [await check.budi, await check.ani];
        const key = check.newName();
        const first = await budi.command(`sendprivate key=${key} ${ani.name} sama`);
        const second = await budi.command(`sendprivate key=${key} ${ani.address} sama`);
        expectEqual(second.delivery?.id, first.delivery?.id, "id");
      },
    ],
    [
      "error.key-reused",
      "a key with another text, recipient or command is answered key-reused",
      async (check) => {
        const [budi, ani, citra] = [await check.budi, await check.ani, await check.citra];
        const [key, group] = [check.newName(), check.newName()];
        okData(await budi.command(`creategroup ${group}`));
        okData(await budi.command(`sendprivate key=${key} ${ani.name} satu`));
        for (const line of [
          `sendprivate key=${key} ${ani.name} dua`,
          `sendprivate key=${key} ${citra.name} satu`,
          `sendgroup key=${key} ${group} satu`,
        ]) {
          expectError(await budi.command(line), "key-reused");
        }
      },
    ],
    [
      "key.unused-after-refusal",
      "a send that was not recorded does not use up its key",
      async (check) => {
        const [budi, ani] = [await check.budi, await check.ani];
        const key = check.newName();
        expectError(await budi.command(`sendprivate key=${key} ani@realm-yang-tidak-ada x`), "no-such-realm");
        okData(await budi.command(`sendprivate key=${key} ${ani.name} x`));
      },
    ],
    [
      "key.per-account",
      "keys of two accounts do not meet",
      async (check) => {
        const [budi, ani, citra] = [await check.budi, await check.ani, await check.citra];
        const key = check.newName();
        okData(await budi.command(`sendprivate key=${key} ${citra.name} dari budi`));
        okData(await ani.command(`sendprivate key=${key} ${citra.name} dari ani`));
      },
    ],
  ]),
  ...casesOf("sent", {}, [
    [
      "sent.row",
      "sent lists what the account has sent, with kind, recipient, state and key",
      async (check) => {
        const [budi, ani] = [await check.budi, await check.ani];
        const key = check.newName();
        const { delivery } = await budi.command(`sendprivate key=${key} ${ani.name} tercatat`);
        const [row] = okRows(await budi.command("sent last=1"));
        expectEqual(
          [row?.id, row?.kind, row?.to, row?.text, row?.state, row?.key],
          [delivery?.id, "private", ani.address, "tercatat", "delivered", key],
          "row",
        );
      },
    ],
  ]),
  ...casesOf("status", {}, [
    [
      "status.both",
      "status finds a message by its id and by its key",
      async (check) => {
        const [budi, ani] = [await check.budi, await check.ani];
        const key = check.newName();
        const { delivery } = await budi.command(`sendprivate key=${key} ${ani.name} cari`);
        expectEqual(
          okObject(await budi.command(`status ${key}`)),
          okObject(await budi.command(`status ${delivery?.id}`)),
          "data",
        );
      },
    ],
    [
      "status.own",
      "nobody sees the state of another account's message",
      async (check) => {
        const [budi, ani] = [await check.budi, await check.ani];
        const key = check.newName();
        await budi.command(`sendprivate key=${key} ${ani.name} rahasia`);
        expectError(await ani.command(`status ${key}`), "no-such-message");
      },
    ],
  ]),
];
