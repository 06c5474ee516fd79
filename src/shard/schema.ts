import { first, type Sql } from "../storage/sql.ts";

/**
 * The schema of a realm's object, as numbered steps. Steps are only ever added: an object that slept through three
 * releases walks through all of them at its next start.
 */
const migrations: readonly string[] = [
  `
  create table realm (shards integer not null, swept integer not null) strict;

  -- A mailbox or a group: an owner of messages. Its id is the id of the account or group.
  -- floor is the id of the newest message that retention removed, so that ids never come twice.
  create table logs (
    id integer primary key,
    kind text not null check (kind in ('mailbox', 'group')),
    name text not null,
    floor integer not null default 0,
    unique (kind, name)
  ) strict;

  -- uid is there for messages that came from another object, whose carrier may bring them twice.
  -- time is the sender's clock, arrived is ours: how long a message has been here is nobody else's to say.
  create table messages (
    log integer not null,
    id integer not null,
    uid text,
    sender text not null,
    text text not null,
    time integer not null,
    arrived integer not null,
    primary key (log, id)
  ) strict, without rowid;
  create unique index messages_uid on messages (log, uid) where uid is not null;

  create table accounts (
    id integer primary key references logs (id),
    verifier text not null,
    created integer not null,
    failures integer not null default 0,
    locked_until integer not null default 0,
    sent_floor integer not null default 0
  ) strict;

  -- digest is the SHA-256 of the token; the token itself is nowhere.
  create table sessions (
    digest text primary key,
    account integer not null references accounts (id),
    created integer not null,
    used integer not null
  ) strict, without rowid;
  create index sessions_account on sessions (account);

  create table groups (
    id integer primary key references logs (id),
    owner text not null,
    created integer not null
  ) strict;

  -- What an account sent. A row with a position is the outbox entry of its message: it waits for its destination.
  create table sent (
    account integer not null,
    id integer not null,
    uid text not null,
    kind text not null check (kind in ('mailbox', 'group')),
    recipient text not null,
    text text not null,
    time integer not null,
    state text not null check (state in ('delivered', 'queued', 'failed')),
    reason text,
    key text,
    destination text,
    position integer,
    failures_before integer not null default 0,
    primary key (account, id)
  ) strict, without rowid;
  create unique index sent_key on sent (account, key) where key is not null;
  create unique index sent_outbox on sent (destination, position) where position is not null;

  -- How a destination is doing; no row means well.
  create table links (
    destination text primary key,
    failures integer not null,
    due integer not null,
    width integer not null,
    breaks integer not null,
    since integer not null,
    proven integer not null,
    asked integer not null,
    contact integer not null default 0
  ) strict, without rowid;

  -- The realm's own signing keys, in its first object. The one that is not retired signs.
  create table keys (
    id text primary key,
    jwk text not null,
    created integer not null,
    retired integer
  ) strict, without rowid;

  -- The public keys of other realms, in this realm's first object.
  create table peers (
    realm text primary key,
    keys text not null,
    fetched integer not null,
    asked integer not null
  ) strict, without rowid;
  create index peers_asked on peers (asked);
  `,
  `
  -- A conversation: two addresses, in the order of the alphabet, of which one at least has its mailbox here.
  create table threads (
    id integer primary key,
    first text not null,
    second text not null,
    floor integer not null default 0,
    unique (first, second)
  ) strict;
  create index threads_second on threads (second);

  -- A message of a conversation: its number in the mailbox of whoever got it, and in the log of whoever sent it. Either is
  -- null where it is in another object. One row serves both sides.
  create table lines (
    thread integer not null,
    id integer not null,
    by_first integer not null,
    mail integer,
    sent integer,
    primary key (thread, id)
  ) strict, without rowid;

  -- The number of a private message's line, so that whoever finds the message need not look for it; null: of a group, or older.
  alter table messages add column line integer;
  alter table sent add column line integer;

  -- How far an account has read: a conversation by the other's address, or a group.
  create table marks (
    account integer not null,
    kind text not null check (kind in ('private', 'group')),
    address text not null,
    id integer not null,
    primary key (account, kind, address)
  ) strict, without rowid;

  -- owner is who owns it now, empty where everybody has left; members counts them, those invited included. version grows with
  -- each change of a membership; 0: there was none since the schema's first step.
  alter table groups add column mode text not null default 'open' check (mode in ('open', 'private'));
  alter table groups add column members integer not null default 1;
  alter table groups add column version integer not null default 0;

  -- A copy of a group of another realm; its log has the group's full address for a name. It is whole once it has
  -- come to message complete; null: nobody knows yet how far that is. Behind message hole one is missing at least.
  create table replicas (
    log integer primary key references logs (id),
    complete integer,
    hole integer
  ) strict;

  -- destination is where the link to a member leads; null: the member's account is here.
  create table members (
    log integer not null,
    member text not null,
    role text not null check (role in ('member', 'invited')),
    joined integer not null,
    destination text,
    version integer not null default 0,
    primary key (log, member)
  ) strict, without rowid;
  create index members_destination on members (log, destination) where destination is not null;

  -- Where members of a group are besides here, and up to which message that place has heard.
  create table feeds (
    log integer not null,
    destination text not null,
    told integer not null,
    primary key (log, destination)
  ) strict, without rowid;
  create index feeds_destination on feeds (destination);

  -- The groups of an account of this object. 'joining' is written before its group is asked.
  create table memberships (
    account integer not null,
    "group" text not null,
    role text not null check (role in ('joining', 'invited', 'member', 'owner')),
    version integer not null default 0,
    primary key (account, "group")
  ) strict, without rowid;
  create index memberships_group on memberships ("group");

  -- Changes to memberships that their accounts' objects have yet to hear of.
  create table notices (
    id integer primary key,
    destination text not null,
    uid text not null,
    "group" text not null,
    member text not null,
    change text not null,
    by text not null,
    time integer not null,
    version integer not null
  ) strict;
  create index notices_destination on notices (destination, id);

  insert into members (log, member, role, joined) select id, owner, 'member', created from groups;
  insert into memberships (account, "group", role)
    select mailboxes.id, logs.name || substr(groups.owner, instr(groups.owner, '@')), 'owner'
    from groups join logs on logs.id = groups.id
    join logs mailboxes on mailboxes.kind = 'mailbox'
      and mailboxes.name = substr(groups.owner, 1, instr(groups.owner, '@') - 1);
  `,
  `
  -- Where the text of a private message is that was stored in this object at once: the log and the number of what its
  -- recipient has. Its own text is empty then, and a message is stored once and not twice. Null: the text is here.
  alter table sent add column mailbox integer;
  alter table sent add column mail integer;
  `,
];

/** The number of steps, that is, the schema that this code needs. */
export const schemaVersion = migrations.length;

/**
 * Brings the schema up to date. The caller keeps other events out meanwhile.
 *
 * @param upTo for tests that freeze an old schema
 */
export function migrate(sql: Sql, upTo: number = schemaVersion): void {
  sql.exec("create table if not exists schema_migrations (version integer primary key) strict");
  const done =
    first<{ version: number | null }>(sql, "select max(version) version from schema_migrations")?.version ?? 0;
  migrations.slice(0, upTo).forEach((step, index) => {
    if (index < done) return;
    sql.exec(step);
    sql.exec("insert into schema_migrations (version) values (?)", index + 1);
  });
}
