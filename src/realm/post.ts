import type { Account } from "../account/store.ts";
import { limits } from "../limits.ts";
import type { Envelope } from "../link/envelope.ts";
import type { Links } from "../link/links.ts";
import type { FailureReason, Result, Verdict } from "../link/rules.ts";
import type { Outgoing, Queued, Sent, SentLog } from "../link/sent-log.ts";
import type { Logs } from "../message/logs.ts";
import type { LogKind } from "../message/store.ts";
import type { Notes } from "../notes.ts";
import type { LiveEvent } from "../protocol/events.ts";
import { type FullAddress, fullAddress, type RealmName, splitAddress, systemName } from "../protocol/names.ts";
import { type Answer, type Failure, failure, said } from "../protocol/replies.ts";
import { failureNotice } from "../protocol/texts.ts";
import type { Clock } from "../sql.ts";

/** What a message needs before it can be taken. */
export interface Draft {
  kind: LogKind;
  to: FullAddress;
  text: string;
  key: string | null;
  /** The object that holds the recipient, or null: this one. */
  destination: string | null;
}

/** A queued message that came to its end, and whose sender is to hear of it. */
export interface End {
  account: number;
  event: LiveEvent;
}

export interface Surroundings {
  ends: Notes<End>;
  realm: RealmName;
  logs: Logs;
  sent: SentLog;
  links: Links;
  /** Group commit. */
  write<T>(work: () => T): Promise<T>;
  clock: Clock;
}

/**
 * Sending and receiving. Inside the object a message is stored with its recipient and in its sender's log by one
 * commit. Out of it, the sender's log entry waits in the outbox until a link has handed it over.
 */
export class Post {
  readonly #around: Surroundings;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  async send(account: Account, from: FullAddress, draft: Draft): Promise<Answer> {
    const placed = await this.#around.write(() => this.#place(account, from, draft));
    if ("error" in placed) return placed;
    if (placed.state !== "queued" || placed.destination === null) return answerOf(placed, draft.to);
    await this.#around.links.news(placed.destination, account.id, placed.id, limits.deliveryAnswerMs);
    return answerOf(this.#around.sent.get(account.id, placed.id) ?? placed, draft.to);
  }

  #place(account: Account, from: FullAddress, draft: Draft): Sent | Failure {
    if (draft.key !== null) {
      const before = this.#around.sent.findKey(account.id, draft.key);
      if (before) return isSame(before, draft) ? before : failure("key-reused", { key: draft.key });
    }
    const message: Outgoing = {
      kind: draft.kind,
      recipient: draft.to,
      text: draft.text,
      time: this.#around.clock(),
      key: draft.key,
    };
    if (draft.destination !== null) {
      this.#around.links.queued(draft.destination);
      return this.#around.sent.addQueued(account.id, message, draft.destination);
    }
    const log = this.#around.logs.store.findLog(draft.kind, splitAddress(draft.to).name);
    if (log === null) return this.#around.sent.addFailed(account.id, message, nobody[draft.kind]);
    this.#around.logs.append(log, { uid: null, from, text: draft.text, time: message.time, arrived: message.time });
    return this.#around.sent.addDelivered(account.id, message);
  }

  /** Takes what a link brings, all in one commit. @returns a result for each message, in their order */
  receive(batch: Envelope[]): Promise<Result[]> {
    return this.#around.write(() => batch.map((envelope) => this.#take(envelope)));
  }

  /** Tells a sender what became of a message that was queued: live, and where it failed by a notice. Inside a commit. */
  tell({ account, id, envelope }: Queued, verdict: Verdict & object): void {
    const { to } = envelope;
    this.#around.ends.add({ account, event: { event: "delivery", data: { id, to, ...verdict } } });
    if (verdict.state === "delivered") return;
    const now = this.#around.clock();
    this.#around.logs.append(account, {
      uid: null,
      from: fullAddress(systemName, this.#around.realm),
      text: failureNotice(id, verdict.reason, to),
      time: now,
      arrived: now,
    });
  }

  #take({ uid, kind, from, to, text, time }: Envelope): Result {
    const log = this.#around.logs.store.findLog(kind, splitAddress(to).name);
    if (log === null) return { state: "failed", reason: nobody[kind] };
    // The sender is part of the uid: nobody can use up another's.
    this.#around.logs.append(log, { uid: `${from} ${uid}`, from, text, time, arrived: this.#around.clock() });
    return { state: "delivered" };
  }
}

const nobody = { mailbox: "no-such-user", group: "no-such-group" } as const satisfies Record<LogKind, FailureReason>;

function isSame(before: { kind: LogKind; recipient: FullAddress; text: string }, draft: Draft): boolean {
  return before.kind === draft.kind && before.recipient === draft.to && before.text === draft.text;
}

function answerOf(sent: Sent, to: FullAddress): Answer {
  const delivery = { id: sent.id, state: sent.state };
  switch (sent.state) {
    case "delivered":
      return said("message-delivered", { to }, delivery);
    case "queued":
      return said("message-queued", { to }, delivery);
    case "failed":
      return { ...failure(sent.reason ?? "expired", { address: to }), delivery };
  }
}
