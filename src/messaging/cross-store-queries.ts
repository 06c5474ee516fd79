/**
 * The queries that span the tables of several stores: sent messages, messages in mailboxes, conversations and message logs. A
 * private message that was stored in a mailbox of this shard has its text in `messages` only.
 */

/** The text of a sent message, wherever it is stored. */
const sentText = "iif(mailbox_id is null, sent_messages.text, messages.text) text";
const sentWithText = `sent_messages left join messages
  on messages.log_id = mailbox_id and messages.id = mailbox_message_id`;
/** Retention deletes a mailbox's messages a moment before the sent messages that point to them. */
const hasText = "(mailbox_id is null or messages.id is not null)";

/** ?1: account, ?2: idempotency key. `text` is null where retention has deleted it. */
export const sentByKeyQuery = `select sent_messages.id, state, reason, destination, kind, recipient, ${sentText},
    sent_messages.conversation_seq conversationSeq
  from ${sentWithText} where account_id = ? and idempotency_key = ?`;

/** To be continued by `and …`. */
export const sentRowQuery = `select sent_messages.id, state, reason, destination, kind, recipient, ${sentText},
    sent_messages.sent_at sentAt, idempotency_key idempotencyKey, failures_at_enqueue failuresAtEnqueue
  from ${sentWithText} where ${hasText}`;

/** Queued messages with their senders' names; to be continued by `where …`. */
export const queuedMessageQuery = `select sent_messages.account_id accountId, sent_messages.id, sent_messages.kind,
    message_logs.name senderName, recipient, text, sent_at sentAt, uid
  from sent_messages join message_logs on message_logs.id = sent_messages.account_id`;

/** How many messages of each account wait for each destination. The index of the queues has all that it reads. */
export const queuedCountsQuery = `select account_id, destination, count(*) from sent_messages
  where queue_position is not null group by destination, account_id`;

/** Whether the sent message itself has the text. */
const sentHasText = "(sent_messages.id is not null and sent_messages.mailbox_id is null)";

/** ?1: conversation, ?2 and ?3: range, ?4: limit, ?5: 1 if the reader is the first address, ?6 and ?7: the accounts of the reader and the other. */
export const conversationRowsQuery = `select seq id, by_first = ?5 isOwn,
    iif(${sentHasText}, sent_messages.text, messages.text) text,
    coalesce(sent_messages.sent_at, messages.sent_at) time, sent_messages.id sentMessageId, sent_messages.state,
    sent_messages.reason, sent_messages.idempotency_key idempotencyKey
  from conversation_messages
  left join messages on messages.log_id = iif(by_first = ?5, ?7, ?6)
    and messages.id = conversation_messages.mailbox_message_id
  left join sent_messages on by_first = ?5 and sent_messages.account_id = ?6
    and sent_messages.id = conversation_messages.sent_message_id
  where conversation_id = ?1 and seq > ?2 and seq <= ?3 and (${sentHasText} or messages.id is not null)
  order by seq limit ?4`;

/** Messages in a mailbox after one, for the conversation list. ?1: account, ?2: message, ?3: limit. */
export const receivedSinceQuery = `select id, sender, received_at receivedAt, conversation_seq conversationSeq
  from messages where log_id = ? and id > ? order by id limit ?`;

/** The same of what the account has sent. */
export const sentSinceQuery = `select id, kind, recipient, sent_at sentAt, state, conversation_seq conversationSeq,
    group_message_id groupMessageId
  from sent_messages where account_id = ? and id > ? order by id limit ?`;

/** Places of a conversation, and whether their message still exists. ?2: limit, ?3 and ?4: the accounts of the first and the second address. */
export const prunableConversationQuery = `select seq id,
    exists (select 1 from messages where log_id = iif(by_first = 1, ?4, ?3)
      and messages.id = conversation_messages.mailbox_message_id)
    or exists (select 1 from sent_messages where account_id = iif(by_first = 1, ?3, ?4)
      and sent_messages.id = conversation_messages.sent_message_id) isKept
  from conversation_messages where conversation_id = ?1 order by seq limit ?2`;
