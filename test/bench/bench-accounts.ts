import { createHash } from "node:crypto";
import type { Plain } from "./workerd-server.ts";

/** Accounts are named by numbers, so that the floor can use a name as the key of a row. */
export function tokenOf(name: number): string {
  // The form that `auth` gives; the secret of a person of a benchmark may be guessed.
  const secret = createHash("sha256").update(`secret of ${name}`).digest("base64url");
  return `rnh_${name}_${secret}`;
}

export const bearer = (name: number) => ({ authorization: `Bearer ${tokenOf(name)}` });

/** What people write: 100 characters, as a short message has. */
export const text =
  "Rapat dipindah ke jam tiga sore, di ruang dua; tolong beri tahu yang lain juga, ya. Terima kasih banyak.";

/** Accounts `from` to `to`, each with an open session, written straight into a realm: a hash takes a quarter of a second. */
export function addPeople(realm: Plain, from: number, to: number): void {
  const now = Date.now();
  realm.sql("logs", (database) => {
    const log = database.prepare("insert into logs (kind, name) values ('mailbox', ?)");
    const account = database.prepare("insert into accounts (id, verifier, created) values (?, '', ?)");
    const session = database.prepare("insert into sessions (digest, account, created, used) values (?, ?, ?, ?)");
    database.exec("begin");
    for (let name = from; name <= to; name++) {
      const id = log.run(String(name)).lastInsertRowid;
      account.run(id, now);
      session.run(createHash("sha256").update(tokenOf(name)).digest("hex"), id, now, now);
    }
    database.exec("commit");
  });
}

/** Messages `from` to `to` in the mailbox of a person. */
export function addMessages(realm: Plain, owner: number, from: number, to: number): void {
  realm.sql("logs", (database) => {
    database
      .prepare(
        `with recursive n (id) as (select ?1 union all select id + 1 from n where id < ?2)
         insert into messages (log, id, sender, text, time, arrived)
         select logs.id, n.id, '1@surabaya', ?3, ?4, ?4 from n, logs where kind = 'mailbox' and name = ?5`,
      )
      .run(from, to, text, Date.now(), String(owner));
  });
}

/** The same people and messages for a floor. */
export function furnishFloor(floor: Plain, people: number, owner: number, messages: number): void {
  floor.sql("tokens", (database) => {
    const token = database.prepare("insert into tokens values (?, ?)");
    database.exec("begin");
    for (let name = 1; name <= people; name++) token.run(tokenOf(name), name);
    database.exec("commit");
    database
      .prepare(
        `with recursive n (id) as (select 1 union all select id + 1 from n where id < ?)
         insert into messages select ?, n.id, 1, ?, ? from n`,
      )
      .run(messages, owner, text, Date.now());
  });
}
