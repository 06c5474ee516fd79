import { limits } from "../limits.ts";
import { type Answer, dataReply } from "../protocol/replies.ts";
import type { AuditedAct } from "../shard-api/shard-api.ts";
import type { Clock } from "../storage/clock.ts";
import { isoTime } from "../storage/iso-time.ts";
import type { Reader } from "../storage/sql.ts";
import type { UnitOfWork } from "../storage/unit-of-work.ts";

interface AuditEntry extends AuditedAct {
  id: number;
  at: number;
}

/**
 * What operators have done, and who has used a code of theirs for a new password, in shard 0 (table `audit_entries`). Entries are
 * never changed; of too many the oldest go.
 */
export class AuditLog {
  readonly #database: Reader;
  readonly #unitOfWork: UnitOfWork;
  readonly #clock: Clock;

  constructor(database: Reader, unitOfWork: UnitOfWork, clock: Clock) {
    this.#database = database;
    this.#unitOfWork = unitOfWork;
    this.#clock = clock;
  }

  add({ actor, act, target }: AuditedAct): Promise<void> {
    return this.#unitOfWork.run((tx) => {
      const now = this.#clock();
      tx.write("insert into audit_entries (at, actor, act, target) values (?, ?, ?, ?)", now, actor, act, target);
      tx.write("delete from audit_entries where id <= (select max(id) from audit_entries) - ?", limits.auditEntriesMax);
    });
  }

  /** Answers `audit`: the entries after one, the oldest first. */
  list(after: number, limit: number): Answer {
    const query = "select id, at, actor, act, target from audit_entries where id > ? order by id limit ?";
    const rows = this.#database.all<AuditEntry>(query, after, limit);
    return dataReply(rows.map(({ at, ...entry }) => ({ ...entry, time: isoTime(at) })));
  }
}
