import { limits } from "../limits.ts";
import type { ConversationList } from "../messaging/conversation-list.ts";
import type { ConversationStore } from "../messaging/conversation-store.ts";
import type { MessageLogStore } from "../messaging/message-log-store.ts";
import type { SentLog } from "../messaging/sent-log.ts";
import { boundedDue, type Clock, type PresentOf } from "../storage/clock.ts";
import type { Transaction } from "../storage/sql.ts";
import type { ShardInfoStore } from "./shard-info-store.ts";

export interface RetentionDeps {
  info: ShardInfoStore;
  logs: MessageLogStore;
  sentLog: SentLog;
  conversations: ConversationStore;
  conversationList: ConversationList;
  /** `RETENTION_DAYS`; null: messages are kept for ever. */
  days: number | null;
  clock: Clock;
  presentOf: PresentOf;
}

/** Deletes messages older than the realm's retention, once a day, some at a time. */
export class Retention {
  readonly #deps: RetentionDeps;
  /** The last message log and the last conversation that this run is done with. An eviction starts the run again. */
  #doneLogId = 0;
  #doneConversationId = 0;

  constructor(deps: RetentionDeps) {
    this.#deps = deps;
  }

  get isOn(): boolean {
    return this.#deps.days !== null;
  }

  /** When to run next, in milliseconds since 1970; null: never, since there is nothing to delete. */
  nextDue(): number | null {
    const { clock, days, info, logs, sentLog } = this.#deps;
    if (days === null || (!logs.hasMessages && sentLog.isEmpty)) return null;
    return boundedDue((info.retentionRanAt() ?? 0) + limits.retentionEveryMs, clock(), limits.retentionEveryMs);
  }

  /** Goes on where it stopped. @returns whether there is more to delete at once */
  run(tx: Transaction): boolean {
    const { days, info, logs, sentLog, clock, presentOf } = this.#deps;
    const now = clock();
    const due = this.nextDue();
    if (days === null || due === null || due > now) return false;
    this.#resetOnRollback(tx);
    const isOld = (time: number) => presentOf(time) < now - days * dayMs;
    const logIds = logs.logsAfter(this.#doneLogId, limits.retentionChunkLogs);
    for (const logId of logIds) {
      const mayHaveMore = [logs.prune(tx, logId, isOld), sentLog.prune(tx, logId, isOld)].includes(true);
      if (mayHaveMore) return true;
      this.#doneLogId = logId;
    }
    if (logIds.length === limits.retentionChunkLogs || this.#pruneConversations(tx)) return true;
    this.#doneLogId = 0;
    this.#doneConversationId = 0;
    info.setRetentionRanAt(tx, now);
    return false;
  }

  #resetOnRollback(tx: Transaction): void {
    const [logId, conversationId] = [this.#doneLogId, this.#doneConversationId];
    tx.onRollback(() => {
      this.#doneLogId = logId;
      this.#doneConversationId = conversationId;
    });
  }

  /** A conversation's places go after the messages that they point to. @returns whether there may be more */
  #pruneConversations(tx: Transaction): boolean {
    const { conversationList, conversations } = this.#deps;
    const ids = conversations.conversationsAfter(this.#doneConversationId, limits.retentionChunkLogs);
    for (const id of ids) {
      const pruned = conversations.prune(tx, id);
      if (pruned) conversationList.messagesPruned(tx, pruned);
      if (pruned?.mayHaveMore) return true;
      this.#doneConversationId = id;
    }
    return ids.length === limits.retentionChunkLogs;
  }
}

const dayMs = 24 * 60 * 60 * 1000;
