import type { DeliveryQueues } from "../delivery/delivery-queues.ts";
import type { DestinationStore } from "../delivery/destination-store.ts";
import { fillChunk } from "../paging/chunk.ts";
import { type PageRange, pageRangeOf } from "../paging/page-range.ts";
import { pageReply } from "../paging/page-reply.ts";
import type { PageOptions } from "../protocol/commands.ts";
import { toJson } from "../protocol/json.ts";
import { type Answer, dataReply, failure, type SentMessage } from "../protocol/replies.ts";
import type { Caller } from "../shard-api/caller.ts";
import type { OutboundMessage } from "../shard-api/outbound-items.ts";
import { isoTime } from "../storage/iso-time.ts";
import type { SentLog, SentRow } from "./sent-log.ts";
import type { QueuedMessage } from "./sent-outbox.ts";

export interface SentCommandsDeps {
  sentLog: SentLog;
  destinations: DestinationStore;
  queues: Pick<DeliveryQueues<OutboundMessage, QueuedMessage>, "problemOf">;
}

/** The commands `sent` and `status`: what an account has sent, with its delivery state. */
export class SentCommands {
  readonly #deps: SentCommandsDeps;

  constructor(deps: SentCommandsDeps) {
    this.#deps = deps;
  }

  /** Oldest first; each row has the state of the moment when it is read. */
  sent({ accountId }: Caller, page: PageOptions): Answer {
    const { sentLog } = this.#deps;
    const read = (after: number, until: number, rows: number) => sentLog.rows(accountId, after, until, rows);
    const next = (range: PageRange) =>
      fillChunk(range, read, (row) => {
        return { id: row.id, chars: row.text.length, json: toJson(this.#toSentMessage(row)) };
      });
    return pageReply(next(pageRangeOf(page, sentLog.newestId(accountId))), next);
  }

  /** @param reference the message's number, or else its key */
  status({ accountId }: Caller, reference: string): Answer {
    const { sentLog } = this.#deps;
    const byId = /^\d{1,15}$/.test(reference) ? sentLog.rowById(accountId, Number(reference)) : null;
    const row = byId ?? sentLog.rowByKey(accountId, reference);
    return row ? dataReply(this.#toSentMessage(row)) : failure("no-such-message", { reference });
  }

  #toSentMessage(row: SentRow): SentMessage {
    const message: SentMessage = {
      id: row.id,
      kind: row.kind,
      to: row.recipient,
      text: row.text,
      time: isoTime(row.sentAt),
      state: row.state,
    };
    if (row.reason !== null) message.reason = row.reason;
    if (row.idempotencyKey !== null) message.key = row.idempotencyKey;
    if (row.state !== "queued" || row.destination === null) return message;
    const { failures, nextAttemptAt } = this.#deps.destinations.get(row.destination);
    const problem = this.#deps.queues.problemOf(row.destination);
    return {
      ...message,
      tries: Math.max(0, failures - row.failuresAtEnqueue),
      ...(nextAttemptAt !== null && { next: new Date(nextAttemptAt).toISOString() }),
      ...(problem !== null && { reason: problem }),
    };
  }
}
