import { expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { Threads } from "../../src/messaging/conversations.ts";
import { MessageStore } from "../../src/messaging/message-store.ts";
import type { FullAddress } from "../../src/protocol/names.ts";
import { migrate } from "../../src/shard/schema.ts";
import { Notes } from "../../src/storage/notes.ts";
import type { Sql } from "../../src/storage/sql.ts";
import { memoryDatabase } from "../support/sqlite.ts";

const me = "budi@surabaya" as FullAddress;

test("Of very many conversations the latest are shown, and the others are no work each.", () => {
  const { sql } = memoryDatabase();
  let statements = 0;
  const counted: Sql = {
    exec: (query, ...bindings) => {
      statements++;
      return sql.exec(query, ...bindings);
    },
  };
  migrate(sql);
  const store = new MessageStore(counted);
  const threads = new Threads(counted, () => null, new Notes());
  const mailbox = store.addLog("mailbox", "budi");
  const many = 3 * limits.conversationsListedMax;
  for (let n = 1; n <= many + 1; n++) {
    // The first who has written writes once more, last of all.
    const from = `warga${n > many ? 1 : n}@jakarta` as FullAddress;
    threads.add(threads.next(from, me), {
      mail: store.append(mailbox, { uid: null, from, text: `pesan ${n}`, time: n, arrived: n }),
      sent: null,
    });
  }
  statements = 0;
  const shown = threads.latest(me, mailbox).map((each) => threads.shown(each, me, mailbox, 0));
  expect(shown).toHaveLength(limits.conversationsListedMax);
  expect(shown.slice(0, 2)).toMatchObject([
    { with: "warga1@jakarta", newest: 2, unread: 2, last: { text: `pesan ${many + 1}` } },
    { with: `warga${many}@jakarta`, newest: 1, unread: 1 },
  ]);
  expect(statements).toBeLessThanOrEqual(1 + 2 * limits.conversationsListedMax);
});

test("Unread messages are counted to their limit and not read beyond it.", () => {
  const { sql } = memoryDatabase();
  migrate(sql);
  const store = new MessageStore(sql);
  const log = store.addLog("group", "tim");
  const say = (from: string) =>
    store.append(log, { uid: null, from: from as FullAddress, text: "halo", time: 0, arrived: 0 });
  for (let n = 0; n < limits.unreadMax; n++) for (const from of [me, "ani@surabaya"]) say(from);
  expect(store.unread(log, 0, me)).toBe(limits.unreadMax);
  expect(store.unread(log, 2, me)).toBe(limits.unreadMax - 1);
  say("ani@surabaya");
  say("ani@surabaya");
  expect(store.unread(log, 0, me)).toBe(limits.unreadMax);
});
