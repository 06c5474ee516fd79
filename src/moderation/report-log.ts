import { limits } from "../limits.ts";
import { type Answer, dataReply } from "../protocol/replies.ts";
import type { ReportedMessage } from "../shard-api/shard-api.ts";
import type { Clock } from "../storage/clock.ts";
import { isoTime } from "../storage/iso-time.ts";
import type { Reader } from "../storage/sql.ts";
import type { UnitOfWork } from "../storage/unit-of-work.ts";

interface StoredReport extends ReportedMessage {
  id: number;
  at: number;
}

/** Messages that accounts have shown to the operator, in shard 0 (table `reports`). Of too many the oldest go. */
export class ReportLog {
  readonly #database: Reader;
  readonly #unitOfWork: UnitOfWork;
  readonly #clock: Clock;

  constructor(database: Reader, unitOfWork: UnitOfWork, clock: Clock) {
    this.#database = database;
    this.#unitOfWork = unitOfWork;
    this.#clock = clock;
  }

  add(report: ReportedMessage): Promise<void> {
    const { reporter, group, message, sender, text, reason } = report;
    const insert = `insert into reports (at, reporter, group_address, message, sender, text, reason) values (?, ?, ?, ?, ?, ?, ?)`;
    return this.#unitOfWork.run((tx) => {
      tx.write(insert, this.#clock(), reporter, group, message, sender, text, reason);
      tx.write("delete from reports where id <= (select max(id) from reports) - ?", limits.reportsMax);
    });
  }

  /** Answers `reports`: those after one, the oldest first. */
  list(after: number, limit: number): Answer {
    const query = `select id, at, reporter, group_address "group", message, sender, text, reason from reports where id > ? order by id limit ?`;
    const rows = this.#database.all<StoredReport>(query, after, limit);
    return dataReply(rows.map(({ at, ...report }) => ({ ...report, time: isoTime(at) })));
  }
}
