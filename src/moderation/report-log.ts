import { limits } from "../limits.ts";
import { type Answer, dataReply } from "../protocol/replies.ts";
import type { ReportedMessage } from "../shard-api/shard-api.ts";
import { isoTime } from "../storage/iso-time.ts";
import type { Reader, Transaction } from "../storage/sql.ts";

interface StoredReport extends ReportedMessage {
  id: number;
  at: number;
}

/** Messages that accounts have shown to the operator, in shard 0 (table `reports`). Of too many the oldest go. */
export class ReportLog {
  readonly #database: Reader;

  constructor(database: Reader) {
    this.#database = database;
  }

  add(tx: Transaction, now: number, report: ReportedMessage): void {
    const { reporter, group, message, sender, text, reason } = report;
    const insert = `insert into reports (at, reporter, group_address, message, sender, text, reason) values (?, ?, ?, ?, ?, ?, ?)`;
    tx.write(insert, now, reporter, group, message, sender, text, reason);
    tx.write("delete from reports where id <= (select max(id) from reports) - ?", limits.reportsMax);
  }

  /** Answers `reports`: those after one, the oldest first. */
  list(after: number, limit: number): Answer {
    const query = `select id, at, reporter, group_address "group", message, sender, text, reason from reports where id > ? order by id limit ?`;
    const rows = this.#database.all<StoredReport>(query, after, limit);
    return dataReply(rows.map(({ at, ...report }) => ({ ...report, time: isoTime(at) })));
  }
}
