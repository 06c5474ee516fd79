import { limits } from "../limits.ts";
import { utf8Length } from "../protocol/utf8-length.ts";
import type { Transaction } from "../storage/sql.ts";
import { TransactionalCache } from "../storage/transactional-cache.ts";
import type { UnitOfWork } from "../storage/unit-of-work.ts";

/** The bytes of all messages up to `upTo`. */
export interface CountedBytes {
  upTo: number;
  bytes: number;
}

/** How the store of a kind of logs keeps the count. */
export interface CountedLogs {
  counted(logId: number): CountedBytes;
  /** Bytes of the messages after one. */
  bytesAfter(logId: number, messageId: number): number;
  save(tx: Transaction, logId: number, counted: CountedBytes): void;
}

/**
 * The bytes that the messages of each log take. The count is exact, and a message costs no row for it: the total is in memory, and
 * every `limits.bytesCountedEvery` messages it is stored. A shard that starts adds the few messages after that.
 */
export class StoredBytes {
  readonly #logs: CountedLogs;
  readonly #totals: TransactionalCache<number, { countedUpTo: number; bytes: number }>;

  constructor(logs: CountedLogs, unitOfWork: Pick<UnitOfWork, "onRollback">) {
    this.#logs = logs;
    this.#totals = new TransactionalCache(unitOfWork);
  }

  of(logId: number): number {
    return this.#total(logId).bytes;
  }

  /** Must be called after a message was stored, and `of` before, in the same transaction. */
  added(tx: Transaction, logId: number, messageId: number, bytes: number): void {
    const { countedUpTo, bytes: before } = this.#total(logId);
    const total = before + bytes;
    const lag = messageId - countedUpTo;
    // A message that comes late is not after the counted ones.
    if (lag > 0 && lag < limits.bytesCountedEvery) this.#totals.set(tx, logId, { countedUpTo, bytes: total });
    else this.#save(tx, logId, { upTo: Math.max(messageId, countedUpTo), bytes: total });
  }

  /** Must be called before messages of a log are deleted. `highestId` is the highest id that the log has ever had. */
  removing(tx: Transaction, logId: number, bytes: number, highestId: number): void {
    this.#save(tx, logId, { upTo: highestId, bytes: Math.max(0, this.of(logId) - bytes) });
  }

  #save(tx: Transaction, logId: number, counted: CountedBytes): void {
    this.#logs.save(tx, logId, counted);
    this.#totals.set(tx, logId, { countedUpTo: counted.upTo, bytes: counted.bytes });
  }

  #total(logId: number): { countedUpTo: number; bytes: number } {
    return this.#totals.getOrLoad(logId, () => {
      const { upTo, bytes } = this.#logs.counted(logId);
      return { countedUpTo: upTo, bytes: bytes + this.#logs.bytesAfter(logId, upTo) };
    });
  }
}

/** What a message takes: its text as UTF-8, and about as much as its other columns and index entries. */
export function storedBytesOf(text: string): number {
  return utf8Length(text) + limits.messageOverheadBytes;
}

/** SQL for the same. @param textBytes SQL for the bytes of the text */
export function storedBytesSql(textBytes: string): string {
  return `${textBytes} + ${limits.messageOverheadBytes}`;
}
