import { first, type Sql } from "../sql.ts";

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
