import { createHash } from "node:crypto";
import { shardIndexOf } from "../../src/shard-api/shard-names.ts";
import type { BenchServer } from "./bench-server.ts";

/** The token of an account, in the form that `auth` returns. Accounts are named by numbers: the floors use them as row keys. */
export function tokenOf(account: number): string {
  // The secret may be predictable: these accounts exist only in a benchmark.
  const secret = createHash("sha256").update(`secret of ${account}`).digest("base64url");
  return `rnh_${account}_${secret}`;
}

export const bearerHeader = (account: number) => ({ authorization: `Bearer ${tokenOf(account)}` });

/** The text of every message: about 100 characters, the length of a short message. */
export const messageText =
  "Rapat dipindah ke jam tiga sore, di ruang dua; tolong beri tahu yang lain juga, ya. Terima kasih banyak.";

/** Writes accounts `from` to `to`, each with an open session, directly into a realm: hashing a password takes a quarter of a second. */
export function seedAccounts(realm: BenchServer, from: number, to: number, shards = 1): void {
  const now = Date.now();
  let shard = 0;
  realm.sql("message_logs", (database) => {
    const index = shard++;
    const log = database.prepare("insert into message_logs (kind, name) values ('mailbox', ?)");
    const account = database.prepare("insert into accounts (id, password_verifier, created_at) values (?, '', ?)");
    const session = database.prepare(
      "insert into sessions (token_digest, account_id, created_at, last_used_at) values (?, ?, ?, ?)",
    );
    database.exec("begin");
    for (let name = from; name <= to; name++) {
      if (shardIndexOf(String(name) as never, shards) !== index) continue;
      const id = log.run(String(name)).lastInsertRowid;
      account.run(id, now);
      session.run(createHash("sha256").update(tokenOf(name)).digest("hex"), id, now, now);
    }
    database.exec("commit");
  });
}

/** Writes messages `from` to `to` into the mailbox of an account. */
export function seedMessages(realm: BenchServer, owner: number, from: number, to: number): void {
  realm.sql("message_logs", (database) => {
    database
      .prepare(
        `with recursive n (id) as (select ?1 union all select id + 1 from n where id < ?2)
         insert into messages (log_id, id, sender, text, sent_at, received_at)
         select message_logs.id, n.id, '1@surabaya', ?3, ?4, ?4 from n, message_logs where kind = 'mailbox' and name = ?5`,
      )
      .run(from, to, messageText, Date.now(), String(owner));
  });
}

/** Writes accounts 1 to `accounts` and the first `messages` messages of one mailbox into a floor. */
export function seedFloor(floor: BenchServer, accounts: number, owner: number, messages: number): void {
  floor.sql("tokens", (database) => {
    const token = database.prepare("insert into tokens values (?, ?)");
    database.exec("begin");
    for (let name = 1; name <= accounts; name++) token.run(tokenOf(name), name);
    database.exec("commit");
    database
      .prepare(
        `with recursive n (id) as (select 1 union all select id + 1 from n where id < ?)
         insert into messages select ?, n.id, 1, ?, ? from n`,
      )
      .run(messages, owner, messageText, Date.now());
  });
}
