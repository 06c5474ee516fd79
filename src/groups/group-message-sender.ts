import type { IdempotentSend, SendRequest, StoredSend } from "../messaging/idempotent-send.ts";
import type { NewSentMessage, SentLog } from "../messaging/sent-log.ts";
import type { SentOutbox } from "../messaging/sent-outbox.ts";
import { type FullAddress, splitAddress } from "../protocol/names.ts";
import type { Answer } from "../protocol/replies.ts";
import type { Caller } from "../shard-api/caller.ts";
import type { Clock } from "../storage/clock.ts";
import type { Transaction } from "../storage/sql.ts";
import type { Groups } from "./groups.ts";
import type { Memberships } from "./memberships.ts";

export interface GroupMessageSenderDeps {
  sender: IdempotentSend;
  groups: Groups;
  memberships: Memberships;
  sentLog: SentLog;
  outbox: SentOutbox;
  clock: Clock;
}

/** Sends messages to groups, here or through the outbox. */
export class GroupMessageSender {
  readonly #deps: GroupMessageSenderDeps;

  constructor(deps: GroupMessageSenderDeps) {
    this.#deps = deps;
  }

  send(caller: Caller, request: SendRequest): Promise<Answer> {
    return this.#deps.sender.send(caller, request, (tx) => this.#store(tx, caller, request));
  }

  #store(tx: Transaction, { accountId, address }: Caller, request: SendRequest): StoredSend {
    const { clock, groups, memberships, outbox, sentLog } = this.#deps;
    const { to: group, text, key, destination } = request;
    const sentAt = clock();
    const message: NewSentMessage = {
      kind: "group",
      recipient: group,
      text,
      sentAt,
      idempotencyKey: key,
      conversationSeq: null,
    };
    if (destination !== null) {
      return { ...outbox.add(tx, accountId, message, destination), conversationSeq: null };
    }
    const stored = { uid: null, from: address, text, time: sentAt, receivedAt: sentAt };
    if (groups.post(tx, splitAddress(group).name, stored) === null) {
      return { ...sentLog.addFailed(tx, accountId, message, "no-such-group"), conversationSeq: null };
    }
    if (!memberships.isMember(accountId, group)) this.#join(tx, accountId, address, group);
    // The text is kept here too: a group can be dropped before its messages are old.
    return { ...sentLog.addDelivered(tx, accountId, message, null), conversationSeq: null };
  }

  /** A sender to an open group becomes a member. If the group or the account is full, the message was sent all the same. */
  #join(tx: Transaction, accountId: number, by: FullAddress, group: FullAddress): void {
    const { groups, memberships } = this.#deps;
    if (!memberships.canJoinAnother(accountId)) return;
    const reply = groups.handle(tx, { kind: "join", group, by, have: 0 });
    if (reply.kind === "joined") memberships.set(tx, accountId, group, reply.role, reply.version);
  }
}
