/** The queries that span replication cursors, message logs and messages. */

/** Destinations that do not have the newest message of a group. */
export const cursorsBehindQuery = `select destination, log_id logId from replication_cursors
  where last_sent_id < (select max(id) from messages where messages.log_id = replication_cursors.log_id)`;

/** How many messages of groups a destination has not been sent: ids have no gaps but at the old end. */
export const countUnsentMessagesQuery = `select coalesce(sum(max(0, coalesce((select max(id) from messages
    where messages.log_id = replication_cursors.log_id), 0) - last_sent_id)), 0) waiting
  from replication_cursors where destination = ?`;

/** The next messages of a group for a destination. ?1: log, ?2: destination, ?3: limit. */
export const nextReplicatedQuery = `select message_logs.kind logKind, message_logs.name logName, last_sent_id lastSentId,
    messages.id, sender, text, sent_at time
  from replication_cursors
  join message_logs on message_logs.id = replication_cursors.log_id
  join messages on messages.log_id = replication_cursors.log_id and messages.id > last_sent_id
  where replication_cursors.log_id = ? and destination = ? order by messages.id limit ?`;
