import type { SqlDriver } from "../storage/sql.ts";

/**
 * The schema of a shard, as numbered steps. After the first release steps are only appended: a shard that slept through three
 * releases runs all missing ones at its next start.
 */
const migrations: readonly string[] = [
  `
  -- One row. Times are milliseconds since 1970, here and below.
  create table shard_info (shard_count integer not null, retention_ran_at integer) strict;

  -- The mailbox of an account, a group of this realm, or the replica of a group of another realm (named by its full address).
  -- A dropped log has no name any more; its messages are deleted some at a time.
  create table message_logs (
    id integer primary key,
    kind text not null check (kind in ('mailbox', 'group', 'replica')),
    name text not null,
    -- The newest message that retention has deleted: no id is given twice.
    pruned_up_to integer not null default 0,
    is_dropped integer not null default 0,
    -- The bytes of all messages up to this one. Those after it are few, and are counted when the shard starts.
    counted_up_to integer not null default 0,
    counted_bytes integer not null default 0
  ) strict;
  create unique index message_logs_name on message_logs (kind, name) where is_dropped = 0;
  create index message_logs_dropped on message_logs (id) where is_dropped = 1;

  create table messages (
    log_id integer not null,
    id integer not null,
    -- Set for a message that a delivery may bring twice.
    uid text,
    sender text not null,
    text text not null,
    -- By the clock of the sender's realm.
    sent_at integer not null,
    -- By this realm's clock.
    received_at integer not null,
    -- The number of a private message in its conversation.
    conversation_seq integer,
    primary key (log_id, id)
  ) strict, without rowid;
  create unique index messages_uid on messages (log_id, uid) where uid is not null;

  -- An account has the number of its mailbox, and its name.
  create table accounts (
    id integer primary key references message_logs (id),
    password_verifier text not null,
    created_at integer not null,
    failed_logins integer not null default 0,
    locked_until integer,
    banned_at integer,
    ban_reason text,
    is_operator integer not null default 0
  ) strict;
  create index accounts_banned on accounts (id) where banned_at is not null;
  create index accounts_operators on accounts (id) where is_operator = 1;

  -- Throttles of names without an account, where it is not told which names exist.
  create table unknown_names (
    id integer primary key,
    name text not null unique,
    failed_logins integer not null,
    locked_until integer
  ) strict;

  -- The SHA-256 of the token; the token itself is nowhere.
  create table sessions (
    token_digest text primary key,
    account_id integer not null references accounts (id),
    -- Both by the steady clock.
    created_at integer not null,
    last_used_at integer not null
  ) strict, without rowid;
  create index sessions_account on sessions (account_id);

  -- Tokens of programs, by digest as sessions. All times by the steady clock.
  create table tokens (
    token_digest text primary key,
    account_id integer not null references accounts (id),
    label text not null,
    scope text not null check (scope in ('read', 'send', 'all')),
    -- The only recipient; null: all.
    send_to text,
    created_at integer not null,
    -- Null: never used.
    last_used_at integer,
    -- Null: it does not expire.
    expires_at integer,
    unique (account_id, label)
  ) strict, without rowid;

  -- Codes with which strangers may register, by digest, in shard 0. Times by the steady clock.
  create table invite_codes (
    code_digest text primary key,
    id text not null unique,
    uses_left integer not null,
    created_at integer not null,
    expires_at integer not null
  ) strict, without rowid;

  -- One-time codes for new passwords.
  create table reset_codes (
    account_id integer primary key references accounts (id),
    code_digest text not null,
    -- By the steady clock.
    expires_at integer not null
  ) strict;

  -- The operator's rules for the whole realm, copied to every shard.
  create table realm_rules (name text primary key, value text not null) strict, without rowid;

  create table banned_realms (
    realm text primary key,
    reason text not null,
    banned_at integer not null
  ) strict, without rowid;

  -- Acts of operators, in shard 0.
  create table audit_entries (
    id integer primary key autoincrement,
    at integer not null,
    actor text not null,
    act text not null,
    target text not null
  ) strict;

  -- Whom accounts do not want to hear from: full addresses, or '@realm'.
  create table blocks (
    account_id integer not null,
    target text not null,
    created_at integer not null,
    primary key (account_id, target)
  ) strict, without rowid;

  -- Names of removed accounts, which nobody may register for a while.
  create table reserved_names (name text primary key, reserved_until integer not null) strict, without rowid;

  -- Messages that accounts have shown to the operator, in shard 0.
  create table reports (
    id integer primary key autoincrement,
    at integer not null,
    reporter text not null,
    -- Null: a message of the reporter's inbox.
    group_address text,
    message integer not null,
    sender text not null,
    text text not null,
    reason text not null
  ) strict;

  -- First messages of senders of other realms, until the account accepts them.
  create table held_messages (
    account_id integer not null,
    sender text not null,
    uid text not null,
    text text not null,
    sent_at integer not null,
    received_at integer not null,
    primary key (account_id, sender, uid)
  ) strict, without rowid;

  -- What accounts have chosen. No row: the realm's defaults.
  create table account_settings (account_id integer primary key, holds_strangers integer not null) strict;

  -- What accounts have sent. A row with a queue position is the outbox entry of its message.
  create table sent_messages (
    account_id integer not null,
    id integer not null,
    -- Set for a message that leaves this shard.
    uid text,
    kind text not null check (kind in ('private', 'group')),
    recipient text not null,
    -- Empty where the text is in a mailbox of this shard: see mailbox_id.
    text text not null,
    -- Of the text, wherever it is.
    text_bytes integer not null,
    sent_at integer not null,
    state text not null check (state in ('delivered', 'queued', 'failed')),
    reason text,
    idempotency_key text,
    destination text,
    queue_position integer,
    failures_at_enqueue integer not null default 0,
    conversation_seq integer,
    -- The mailbox and its message that have the text.
    mailbox_id integer,
    mailbox_message_id integer,
    -- The number of a group message in its group, as soon as the group has given it.
    group_message_id integer,
    primary key (account_id, id)
  ) strict, without rowid;
  create unique index sent_messages_key on sent_messages (account_id, idempotency_key) where idempotency_key is not null;
  create unique index sent_messages_queue on sent_messages (destination, queue_position) where queue_position is not null;

  -- What message_logs says of a message log, for the sent messages of an account. No row: all zero.
  create table sent_logs (
    account_id integer primary key,
    pruned_up_to integer not null,
    counted_up_to integer not null,
    counted_bytes integer not null
  ) strict;

  -- Private conversations: two addresses in alphabetical order, of which one at least has its mailbox here.
  create table conversations (
    id integer primary key,
    first_address text not null,
    second_address text not null,
    pruned_up_to integer not null default 0,
    unique (first_address, second_address)
  ) strict;

  -- Where a conversation's message is: in its recipient's mailbox, in its sender's log, or in both if both are in this shard.
  create table conversation_messages (
    conversation_id integer not null,
    seq integer not null,
    by_first integer not null,
    mailbox_message_id integer,
    sent_message_id integer,
    primary key (conversation_id, seq)
  ) strict, without rowid;

  -- The conversations of an account, for its list. One of which every message has failed is not in it.
  create table conversation_list (
    account_id integer not null,
    conversation_id integer not null,
    -- Conversations with a later message have a higher position.
    position integer not null,
    -- The newest message that the account sees.
    newest integer not null,
    -- False as long as the account has only sent, and no message was delivered yet.
    is_established integer not null,
    primary key (account_id, conversation_id)
  ) strict, without rowid;
  create unique index conversation_list_position on conversation_list (account_id, position);

  -- How far the conversation list and the read markers of an account have caught up with its mailbox and its sent log.
  create table account_checkpoints (
    account_id integer primary key,
    mailbox_up_to integer not null,
    sent_up_to integer not null,
    last_position integer not null,
    -- The conversations whose first message the account has sent.
    conversations_started integer not null
  ) strict;

  -- How far an account has read a conversation (by the other's address) or a group.
  create table read_markers (
    account_id integer not null,
    kind text not null check (kind in ('private', 'group')),
    address text not null,
    message_id integer not null,
    primary key (account_id, kind, address)
  ) strict, without rowid;

  -- How a destination of a queue is doing; no row means healthy.
  create table destinations (
    destination text not null,
    queue text not null check (queue in ('messages', 'group-updates')),
    failures integer not null,
    next_attempt_at integer,
    batch_size_limit integer not null,
    crashes_alone integer not null,
    crashing_alone_since integer,
    others_accepted integer not null,
    retry_after_until integer,
    last_contact_at integer,
    primary key (destination, queue)
  ) strict, without rowid;

  -- Groups of this realm. The number is that of the message log; no owner: every member has left.
  create table groups (
    id integer primary key references message_logs (id),
    owner text,
    created_at integer not null,
    mode text not null check (mode in ('open', 'private')),
    member_count integer not null,
    -- Grows with each change of a membership.
    version integer not null
  ) strict;

  -- Replicas of groups of other realms.
  create table group_replicas (
    log_id integer primary key references message_logs (id),
    -- The message that it must have reached to be complete; null: not known yet.
    complete_up_to integer,
    -- At least one message is missing after this one; null: none is.
    gap_after integer
  ) strict;

  -- Members of groups and of replicas. No destination: the member's account is in this shard.
  create table group_members (
    log_id integer not null,
    address text not null,
    role text not null check (role in ('member', 'invited')),
    joined_at integer not null,
    destination text,
    version integer not null,
    primary key (log_id, address)
  ) strict, without rowid;
  create index group_members_destination on group_members (log_id, destination) where destination is not null;

  -- How far a destination with members has been sent a group.
  create table replication_cursors (
    log_id integer not null,
    destination text not null,
    last_sent_id integer not null,
    primary key (log_id, destination)
  ) strict, without rowid;
  create index replication_cursors_destination on replication_cursors (destination);

  -- The groups of this shard's accounts. 'joining' is stored before the group is asked.
  create table memberships (
    account_id integer not null,
    group_address text not null,
    role text not null check (role in ('joining', 'invited', 'member', 'owner')),
    version integer not null,
    primary key (account_id, group_address)
  ) strict, without rowid;
  create index memberships_group on memberships (group_address);

  -- Changes of memberships that their accounts' shards or realms have yet to get.
  create table pending_membership_updates (
    id integer primary key,
    destination text not null,
    uid text not null,
    group_address text not null,
    member_address text not null,
    change text not null,
    by_address text not null,
    time integer not null,
    version integer not null
  ) strict;
  create index pending_membership_updates_destination on pending_membership_updates (destination, id);

  -- This realm's signing keys, in shard 0. The one that is not retired signs.
  create table signing_keys (
    id text primary key,
    jwk text not null,
    -- Both by the steady clock.
    created_at integer not null,
    retired_at integer
  ) strict, without rowid;

  -- Stretches without a step of the clock, the newest last, on hosts that do not keep it right.
  create table clock_periods (
    id integer primary key,
    started_at integer not null,
    -- The last stored look at the clock.
    ended_at integer not null,
    -- What to add to a time of this stretch to get the same moment by the steady clock.
    steady_ms integer not null
  ) strict;

  -- The public keys of other realms, in shard 0.
  create table peer_keys (
    realm text primary key,
    keys text not null,
    -- Both by the steady clock. Null: the keys were never read.
    fetched_at integer,
    asked_at integer not null
  ) strict, without rowid;
  create index peer_keys_asked on peer_keys (asked_at);
  `,
];

/** The number of steps: the schema that this code needs. */
export const schemaVersion = migrations.length;

/** Brings the schema up to date. Must run in a transaction, before anything else. */
export function migrate(driver: Pick<SqlDriver, "run" | "all" | "script">): void {
  driver.run("create table if not exists schema_migrations (version integer primary key) strict");
  const query = "select max(version) version from schema_migrations";
  const done = driver.all<{ version: number | null }>(query)[0]?.version ?? 0;
  for (const [index, step] of migrations.entries()) {
    if (index < done) continue;
    driver.script(step);
    driver.run("insert into schema_migrations (version) values (?)", index + 1);
  }
}
