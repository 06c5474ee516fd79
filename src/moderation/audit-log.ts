import { limits } from "../limits.ts";
import { type Answer, dataReply } from "../protocol/replies.ts";
import type { AuditedAct } from "../shard-api/shard-api.ts";
import { isoTime } from "../storage/iso-time.ts";
import type { Reader, Transaction } from "../storage/sql.ts";

interface AuditEntry extends AuditedAct {
  id: number;
  at: number;
}

/** What operators have done, and who has used a code of theirs for a new password, in shard 0 (table `audit_entries`). Entries are never changed; of too many the oldest go. */
export class AuditLog {
  readonly #database: Reader;

  constructor(database: Reader) {
    this.#database = database;
  }

  add(tx: Transaction, now: number, { actor, act, target }: AuditedAct): void {
    tx.write("insert into audit_entries (at, actor, act, target) values (?, ?, ?, ?)", now, actor, act, target);
    tx.write("delete from audit_entries where id <= (select max(id) from audit_entries) - ?", limits.auditEntriesMax);
  }

  /** Answers `audit`: the entries after one, the oldest first. */
  list(after: number, limit: number): Answer {
    const query = "select id, at, actor, act, target from audit_entries where id > ? order by id limit ?";
    const rows = this.#database.all<AuditEntry>(query, after, limit);
    return dataReply(rows.map(({ at, ...entry }) => ({ ...entry, time: isoTime(at) })));
  }
}
