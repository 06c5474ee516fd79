import type { DeliveryTrigger } from "../delivery/delivery-trigger.ts";
import type { LogKind } from "../messaging/message-log-store.ts";
import type { FullAddress } from "../protocol/names.ts";
import type { Reader, Transaction } from "../storage/sql.ts";
import { countUnsentMessagesQuery, cursorsBehindQuery, nextReplicatedQuery } from "./replication-queries.ts";

/** A message that a destination has not been sent. */
export interface UnsentMessage {
  logKind: LogKind;
  logName: string;
  lastSentId: number;
  id: number;
  sender: FullAddress;
  text: string;
  time: number;
}

/** What a join changed while a batch was under way to its destination. */
type JoinDuringBatch = "from-earlier-message" | "from-same-message";

/**
 * How far each destination with members has been sent each group (table `replication_cursors`). A cursor stands for all messages
 * after it, so that a message costs no row for each destination.
 */
export class ReplicationCursors {
  readonly #database: Reader;
  readonly #trigger: DeliveryTrigger;
  /** By destination, the groups of which it may lack messages. Read from the database at the first use. */
  #behind: Map<string, Set<number>> | null = null;
  /** By destination, the groups that were joined while a batch is under way. It ends with the shard, as the batch does. */
  readonly #joinedDuringBatch = new Map<string, Map<number, JoinDuringBatch>>();

  constructor(database: Reader, trigger: DeliveryTrigger) {
    this.#database = database;
    this.#trigger = trigger;
  }

  /** From now on a destination is sent the messages after `lastSentId`. */
  subscribe(tx: Transaction, logId: number, destination: string, lastSentId: number): void {
    const query = "select last_sent_id lastSentId from replication_cursors where log_id = ? and destination = ?";
    const before = tx.first<{ lastSentId: number }>(query, logId, destination)?.lastSentId ?? null;
    const startsEarlier = before === null || lastSentId < before;
    if (startsEarlier) {
      tx.write("insert or replace into replication_cursors values (?, ?, ?)", logId, destination, lastSentId);
    }
    const joined = this.#joinedDuringBatch.get(destination) ?? new Map<number, JoinDuringBatch>();
    const isEarlier = startsEarlier || joined.get(logId) === "from-earlier-message";
    this.#joinedDuringBatch.set(
      destination,
      joined.set(logId, isEarlier ? "from-earlier-message" : "from-same-message"),
    );
    this.#noteBehind(tx, logId, destination);
  }

  unsubscribe(tx: Transaction, logId: number, destination: string): void {
    tx.write("delete from replication_cursors where log_id = ? and destination = ?", logId, destination);
  }

  unsubscribeAll(tx: Transaction, logId: number): void {
    tx.write("delete from replication_cursors where log_id = ?", logId);
  }

  /** A group has a new message: its destinations are sent it. */
  messageAppended(tx: Transaction, logId: number): void {
    const query = "select destination from replication_cursors where log_id = ?";
    for (const { destination } of tx.all<{ destination: string }>(query, logId)) {
      this.#noteBehind(tx, logId, destination);
    }
  }

  /** A batch is being put together: joins until its result are remembered. */
  beginBatch(destination: string): void {
    this.#joinedDuringBatch.delete(destination);
  }

  /** The groups that were joined from a destination since `beginBatch`. */
  joinsDuringBatch(destination: string): ReadonlyMap<number, JoinDuringBatch> {
    return this.#joinedDuringBatch.get(destination) ?? noJoins;
  }

  /** The groups of which a destination may lack messages. The caller may reorder and delete. */
  groupsBehind(destination: string): Set<number> {
    return this.#loadBehind().get(destination) ?? new Set();
  }

  destinationsBehind(): string[] {
    return [...this.#loadBehind()].filter(([, logs]) => logs.size > 0).map(([destination]) => destination);
  }

  unsent(logId: number, destination: string, most: number): UnsentMessage[] {
    return this.#database.all<UnsentMessage>(nextReplicatedQuery, logId, destination, most);
  }

  countUnsent(destination: string): number {
    return this.#database.one<{ waiting: number }>(countUnsentMessagesQuery, destination).waiting;
  }

  setLastSent(tx: Transaction, logId: number, destination: string, lastSentId: number): void {
    const update = "update replication_cursors set last_sent_id = ? where log_id = ? and destination = ?";
    tx.write(update, lastSentId, logId, destination);
  }

  #noteBehind(tx: Transaction, logId: number, destination: string): void {
    const behind = this.#loadBehind();
    behind.set(destination, (behind.get(destination) ?? new Set()).add(logId));
    this.#trigger.enqueued(tx, destination);
  }

  #loadBehind(): Map<string, Set<number>> {
    if (this.#behind) return this.#behind;
    this.#behind = new Map();
    for (const { destination, logId } of this.#database.all<{ destination: string; logId: number }>(
      cursorsBehindQuery,
    )) {
      this.#behind.set(destination, (this.#behind.get(destination) ?? new Set()).add(logId));
    }
    return this.#behind;
  }
}

const noJoins: ReadonlyMap<number, JoinDuringBatch> = new Map();
