import type { Account } from "../accounts/account-store.ts";
import type { Links, Queued } from "../delivery/delivery-queues.ts";
import type { FailureReason, Result, Verdict } from "../delivery/retry-policy.ts";
import type { Groups } from "../groups/groups.ts";
import type { Memberships } from "../groups/memberships.ts";
import { limits } from "../limits.ts";
import type { LiveEvent, SentEventData } from "../protocol/events.ts";
import { type FullAddress, fullAddress, type RealmName, splitAddress, systemName } from "../protocol/names.ts";
import { type Answer, type Delivery, type Failure, failure, textReply } from "../protocol/replies.ts";
import { failureNotice } from "../protocol/texts.ts";
import type { Letter } from "../shard-api/outbound-items.ts";
import type { Clock } from "../storage/clock.ts";
import { isoTime } from "../storage/iso-time.ts";
import type { Notes } from "../storage/notes.ts";
import type { NextLine, Threads } from "./conversations.ts";
import type { Logs } from "./logs.ts";
import type { LogKind, NewMessage } from "./message-store.ts";
import type { Outgoing, Sent, SentLog, SentMessage } from "./sent-log.ts";

/** What a message needs before it can be taken. */
export interface Draft {
  kind: LogKind;
  to: FullAddress;
  text: string;
  key: string | null;
  /** The object that holds the recipient, or null: this one. */
  destination: string | null;
}

/** What an account's live sockets are to hear. */
export interface Word {
  account: number;
  event: LiveEvent;
}

/** A message that a group in another object has taken from an account of this one. */
export interface Contribution {
  account: number;
  from: FullAddress;
  group: FullAddress;
  /** Its number there, or null: the group's realm did not say. */
  id: number | null;
}

export interface Surroundings {
  words: Notes<Word>;
  contributions: Notes<Contribution>;
  realm: RealmName;
  logs: Logs;
  threads: Threads;
  groups: Pick<Groups, "post" | "handle">;
  memberships: Pick<Memberships, "isMember" | "hasRoom" | "set">;
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
    await this.#around.links.news(placed.destination, account.id, placed.id, limits.deliveryWaitMs);
    const now = this.#around.sent.get(account.id, placed.id) ?? placed;
    return answerOf({ ...now, thread: placed.thread }, draft.to);
  }

  #place(account: Account, from: FullAddress, draft: Draft): Placed | Failure {
    const { clock, links, logs, sent, threads } = this.#around;
    if (draft.key !== null) {
      const before = sent.takeKey(account.id, draft.key);
      if (before)
        return isSame(before, draft) ? { ...before, thread: before.line } : failure("key-reused", { key: draft.key });
    }
    const { kind, to, text, key, destination } = draft;
    const time = clock();
    if (kind === "group") {
      const message: Outgoing = { kind, recipient: to, text, time, key, line: null };
      return this.#placeInGroup(account, from, message, destination);
    }
    const line = threads.next(from, to);
    const message: Outgoing = { kind, recipient: to, text, time, key, line: line.id };
    if (destination !== null) {
      links.queued(destination);
      return this.#noted(account, message, sent.addQueued(account.id, message, destination), line, null);
    }
    const log = logs.store.findLog("mailbox", splitAddress(to).name);
    if (log === null) {
      return this.#noted(account, message, sent.addFailed(account.id, message, "no-such-user"), line, null);
    }
    const stored = { uid: null, from, text, time, arrived: time, line: line.id };
    const id = logs.store.append(log, stored);
    if (id === null) throw new Error("a message without a uid was taken for one that is known");
    logs.arrived({ log, id, message: stored, group: null });
    return this.#noted(account, message, sent.addDelivered(account.id, message, { log, id }), line, id);
  }

  #placeInGroup(account: Account, from: FullAddress, message: Outgoing, destination: string | null): Placed {
    const { groups, links, sent } = this.#around;
    if (destination !== null) {
      links.queued(destination);
      return { ...sent.addQueued(account.id, message, destination), thread: null };
    }
    const { recipient: group, text, time } = message;
    const id = groups.post(splitAddress(group).name, { uid: null, from, text, time, arrived: time });
    if (id === null) return { ...sent.addFailed(account.id, message, "no-such-group"), thread: null };
    if (!this.#around.memberships.isMember(account.id, group)) this.#join(account.id, from, group);
    // Its text is kept here as well: a group can be dropped before its messages are old.
    return { ...sent.addDelivered(account.id, message, null), thread: null };
  }

  /** Whoever sends to an open group becomes a member; where it or the account is full, they have sent to it all the same. */
  #join(account: number, by: FullAddress, group: FullAddress): void {
    if (!this.#around.memberships.hasRoom(account)) return;
    const reply = this.#around.groups.handle({ kind: "join", group, by, have: 0 });
    if (reply.kind === "joined") this.#around.memberships.set(account, group, reply.role, reply.version);
  }

  /** Puts a private message into its conversation, and lets its sender's other devices know. */
  #noted(account: Account, message: Outgoing, sent: Sent, line: NextLine, mail: number | null): PlacedPrivate {
    const { recipient: to, text, time, key } = message;
    const { id, state, reason } = sent;
    this.#around.threads.add(line, { mail, sent: id });
    const told: SentEventData = { to, thread: line.id, id, text, time: isoTime(time), state };
    if (reason !== null) told.reason = reason;
    if (key !== null) told.key = key;
    this.#around.words.add({ account: account.id, event: { event: "sent", data: told } });
    return { ...sent, thread: line.id };
  }

  /** Takes a message that a link brings. To be called inside a commit. */
  take({ uid, kind, from, to, text, time }: Letter): Result {
    // The sender is part of the uid: nobody can use up another's.
    const { clock, groups, logs } = this.#around;
    const message = { uid: `${from} ${uid}`, from, text, time, arrived: clock() };
    const { name } = splitAddress(to);
    if (kind === "group") {
      const id = groups.post(name, message);
      return id === null ? { state: "failed", reason: "no-such-group" } : { state: "delivered", id };
    }
    const mailbox = logs.store.findLog("mailbox", name);
    if (mailbox === null) return { state: "failed", reason: "no-such-user" };
    // What a link brings twice was stored the first time.
    this.#store(mailbox, to, message);
    return { state: "delivered" };
  }

  /** A queued message has come to its end: its sender hears of it live, and where nobody waits to hear that it failed, by a notice. Inside a commit. */
  settled({ account, id, envelope }: Queued, verdict: Verdict & object, isAwaited: boolean): void {
    const { from, to } = envelope;
    if (verdict.state === "delivered" && envelope.kind === "group") {
      this.#around.contributions.add({ account, from, group: to, id: verdict.id ?? null });
    }
    const reason = verdict.state === "failed" ? { reason: verdict.reason } : {};
    const event: LiveEvent = { event: "delivery", data: { id, to, state: verdict.state, ...reason } };
    this.#around.words.add({ account, event });
    if (verdict.state === "failed" && !isAwaited)
      this.notice(account, from, failureNotice(id, verdict.reason, to), null);
  }

  /** Puts a word of the system's into a mailbox. Inside a commit. @returns false where its uid has been there before */
  notice(mailbox: number, to: FullAddress, text: string, uid: string | null): boolean {
    const { clock, realm } = this.#around;
    const now = clock();
    const from = fullAddress(systemName, realm);
    return this.#store(mailbox, to, { uid, from, text, time: now, arrived: now });
  }

  /** Puts a message from elsewhere into a mailbox and its conversation. @returns false where its uid has been there before */
  #store(mailbox: number, to: FullAddress, message: NewMessage): boolean {
    const { logs, threads } = this.#around;
    const line = threads.next(message.from, to);
    const stored = { ...message, line: line.id };
    const mail = logs.store.append(mailbox, stored);
    if (mail === null) return false;
    threads.add(line, { mail, sent: null });
    logs.arrived({ log: mailbox, id: mail, message: stored, group: null });
    return true;
  }
}

/** A message that was taken; `thread` is its number in its conversation, where that is known. */
type Placed = Sent & { thread: number | null };
type PlacedPrivate = Sent & { thread: number };

function isSame(before: SentMessage, draft: Draft): boolean {
  return before.kind === draft.kind && before.recipient === draft.to && before.text === draft.text;
}

function answerOf(sent: Placed, to: FullAddress): Answer {
  const delivery: Delivery = { id: sent.id, state: sent.state, ...(sent.thread !== null && { thread: sent.thread }) };
  switch (sent.state) {
    case "delivered":
      return textReply("message-delivered", { to }, delivery);
    case "queued":
      return textReply("message-queued", { to }, delivery);
    case "failed":
      return { ...failure(sent.reason ?? ("expired" satisfies FailureReason), { address: to }), delivery };
  }
}
