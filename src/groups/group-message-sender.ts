import type { ConversationList } from "../messaging/conversation-list.ts";
import type { IdempotentSend, SendRequest, StoredSend } from "../messaging/idempotent-send.ts";
import type { NewSentMessage, SentLog } from "../messaging/sent-log.ts";
import type { SentOutbox } from "../messaging/sent-outbox.ts";
import { type FullAddress, splitAddress } from "../protocol/names.ts";
import { type Answer, type Failure, failure } from "../protocol/replies.ts";
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
  conversationList: ConversationList;
  clock: Clock;
}

/** Sends messages to groups, here or through the outbox. */
export class GroupMessageSender {
  readonly #deps: GroupMessageSenderDeps;

  constructor(deps: GroupMessageSenderDeps) {
    this.#deps = deps;
  }

  send(caller: Caller, request: SendRequest): Promise<Answer> {
    return this.#deps.sender.send(caller, request, (tx) => {
      const sent = this.#store(tx, caller, request);
      this.#deps.conversationList.messageAdded(tx, caller.accountId);
      return sent;
    });
  }

  /** Nothing is stored where the answer is a failure. */
  #store(tx: Transaction, { accountId, address }: Caller, request: SendRequest): StoredSend | Failure {
    const { clock, groups, memberships, outbox, sentLog } = this.#deps;
    const { to: group, text, key, destination } = request;
    if (!sentLog.hasRoomFor(accountId, text)) return failure("quota-exceeded");
    const sentAt = clock();
    const message: NewSentMessage = {
      kind: "group",
      recipient: group,
      text,
      sentAt,
      idempotencyKey: key,
      conversationSeq: null,
      groupMessageId: null,
    };
    if (destination !== null) {
      const queued = outbox.add(tx, accountId, message, destination);
      return "error" in queued ? queued : { ...queued, conversationSeq: null };
    }
    const received = { uid: null, from: address, text, time: sentAt, receivedAt: sentAt };
    const posted = groups.post(tx, splitAddress(group).name, received);
    if (posted.kind === "full") return failure("group-log-full", { address: group });
    if (posted.kind === "no-such-group") {
      return { ...sentLog.addFailed(tx, accountId, message, "no-such-group"), conversationSeq: null };
    }
    if (!memberships.isMember(accountId, group)) this.#join(tx, accountId, address, group);
    // The text is kept here too: a group can be dropped before its messages are old.
    const delivered = sentLog.addDelivered(tx, accountId, { ...message, groupMessageId: posted.id }, null);
    return { ...delivered, conversationSeq: null };
  }

  /** A sender to an open group becomes a member. If the group or the account is full, the message was sent all the same. */
  #join(tx: Transaction, accountId: number, by: FullAddress, group: FullAddress): void {
    const { groups, memberships } = this.#deps;
    if (!memberships.canJoinAnother(accountId)) return;
    const reply = groups.handle(tx, { kind: "join", group, by, have: 0 });
    if (reply.kind === "joined") memberships.set(tx, accountId, group, reply.role, reply.version);
  }
}
