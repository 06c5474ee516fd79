import { type Range, rangeOf } from "../paging/page-range.ts";
import { fill, pageAnswer } from "../paging/page-stream.ts";
import type { PageOptions } from "../protocol/commands.ts";
import { type Answer, failure, type SentMessage } from "../protocol/replies.ts";
import type { Rooms } from "../shard/composition.ts";
import { isoTime } from "../storage/iso-time.ts";
import type { SentRow } from "./sent-log.ts";

/** Answers `sent`: what an account sent, oldest first, each with its state as it is when the row is read. */
export function sentPage(rooms: Rooms, account: number, page: PageOptions): Answer {
  const { sent } = rooms;
  const read = (after: number, until: number, rows: number) => sent.rows(account, after, until, rows);
  const next = (range: Range) =>
    fill(range, read, (row) => ({ id: row.id, chars: row.text.length, json: JSON.stringify(shown(rooms, row)) }));
  return pageAnswer(next(rangeOf(page, sent.newest(account))), next);
}

/** Answers `status`: by the message's number, or else by its key. */
export function sentMessage(rooms: Rooms, account: number, reference: string): Answer {
  const { sent } = rooms;
  const byId = /^\d{1,15}$/.test(reference) ? sent.row(account, "id", Number(reference)) : null;
  const row = byId ?? sent.row(account, "key", reference);
  if (!row) return failure("no-such-message", { reference });
  return { kind: "data", json: JSON.stringify(shown(rooms, row)) };
}

function shown({ health, links }: Rooms, row: SentRow): SentMessage {
  const message: SentMessage = {
    id: row.id,
    kind: row.kind === "mailbox" ? "private" : "group",
    to: row.recipient,
    text: row.text,
    time: isoTime(row.time),
    state: row.state,
  };
  if (row.reason !== null) message.reason = row.reason;
  if (row.key !== null) message.key = row.key;
  if (row.state !== "queued" || row.destination === null) return message;
  const { failures, due } = health.of(row.destination);
  const problem = links.problem(row.destination);
  return {
    ...message,
    tries: Math.max(0, failures - row.failuresBefore),
    ...(due > 0 && { next: new Date(due).toISOString() }),
    ...(problem !== null && { reason: problem }),
  };
}
