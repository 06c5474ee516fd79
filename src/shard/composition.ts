import { Accounts } from "../accounts/accounts.ts";
import { configOf, type Env } from "../config/config.ts";
import { Links } from "../delivery/delivery-queues.ts";
import { HealthStore } from "../delivery/destination-store.ts";
import { carrier, patient } from "../delivery/transports.ts";
import { Gate } from "../federation/admission.ts";
import { Https } from "../federation/federation-client.ts";
import { Directory } from "../federation/peer-key-store.ts";
import { Keyring } from "../federation/signing-keys.ts";
import { mend } from "../groups/group-request-router.ts";
import { NewsOutbox } from "../groups/group-update-outbox.ts";
import { Groups } from "../groups/groups.ts";
import { Seen } from "../groups/last-written-ids.ts";
import { contributed } from "../groups/membership-commands.ts";
import type { Memberships } from "../groups/memberships.ts";
import { Replicas } from "../groups/replicas.ts";
import { limits } from "../limits.ts";
import { Live } from "../live/live-connections.ts";
import type { Threads } from "../messaging/conversations.ts";
import type { Logs } from "../messaging/logs.ts";
import { Post, type Word } from "../messaging/message-service.ts";
import type { Marks } from "../messaging/read-markers.ts";
import type { SentLog } from "../messaging/sent-log.ts";
import { Polls } from "../paging/long-polls.ts";
import { type FullAddress, fullAddress, type Name, type RealmName, splitAddress } from "../protocol/names.ts";
import { isObject, Places } from "../shard-api/address-router.ts";
import type { Copy, News } from "../shard-api/outbound-items.ts";
import { firstObject, type Host } from "../shard-api/realm-context.ts";
import { parseShardName, shardName } from "../shard-api/shard-names.ts";
import type { Timer } from "../storage/clock.ts";
import type { Notes } from "../storage/notes.ts";
import type { Sql } from "../storage/sql.ts";
import { GroupCommit } from "../storage/unit-of-work.ts";
import { executeHere } from "./execute-command.ts";
import { Rounds } from "./maintenance.ts";
import { tellMember } from "./receive-batch.ts";
import { Retention } from "./retention.ts";
import { Birth } from "./shard-count-guard.ts";
import { type Brought, openStores } from "./stores.ts";

/** What a realm's object is made of. */
export interface Rooms extends Host, Peers {
  places: Places;
  /** The mailbox of an address, which is its account; null: it is not in this object. */
  mailboxOf(address: FullAddress): number | null;
  birth: Birth;
  commit: GroupCommit;
  logs: Logs;
  polls: Polls;
  threads: Threads;
  marks: Marks;
  accounts: Accounts;
  live: Live;
  groups: Groups;
  replicas: Replicas;
  memberships: Memberships;
  sent: SentLog;
  news: NewsOutbox;
  health: HealthStore;
  newsHealth: HealthStore;
  /** The links that carry what people send. */
  links: Links;
  /** The links that carry what groups have to tell. */
  newsLinks: Links<News>;
  /** Both kinds. */
  ways: readonly (Links | Links<News>)[];
  post: Post;
  /** What sockets are to hear after the commit that is going on. */
  words: Notes<Word>;
  /** Messages of groups elsewhere, for the sockets of their members here. */
  heard: Notes<Copy>;
  seen: Seen;
  /** Who is about to join which group by what they have sent to it. */
  joining: Set<string>;
  rounds: Rounds;
}

export interface Peers {
  https: Https;
  /** The rooms below serve in the realm's first object only. */
  keyring: Keyring;
  directory: Directory;
  gate: Gate;
}

const timer: Timer = (done, ms) => {
  const handle = setTimeout(done, ms);
  return () => clearTimeout(handle);
};

/**
 * Puts the rooms of an object together. Nothing is read or written yet but the realm's birth.
 *
 * They need each other in circles: what is named here before it is there is called when something happens, and nothing
 * happens before this returns.
 */
export function openRooms(ctx: DurableObjectState, env: Env): Rooms {
  const { storage } = ctx;
  const { sql } = storage;
  const clock = Date.now;
  const config = configOf(env);
  const { realm, shard } = parseShardName(ctx.id.name ?? "");
  const host: Host = { env, config, realm };
  const addressOf = (name: Name) => fullAddress(name, realm);

  const stores = openStores(storage, realm);
  const { logs, threads, sent, groupStore, marks, memberships, alarm, mailboxOf } = stores;
  const { words, heard, contributions } = stores.notes;
  const commit = new GroupCommit(stores.transaction, () => committed(rooms, stores.notes), timer);
  const write = <T>(work: () => T) => commit.run(work);
  const peers = openPeers(host, shard, sql, write);
  const polls = new Polls(clock, timer);
  const health = new HealthStore(sql);
  const newsHealth = new HealthStore(sql, "news ");
  const road = {
    clock,
    random: Math.random,
    timer,
    write,
    carrier: carrier(host, peers.https),
    isKept: (destination: string) => isObject(destination) || config.peers.has(destination as RealmName),
    arm: (time: number) => alarm.arm(time),
  };
  const links: Links = new Links(sent, health, { ...road, settled: (...given) => post.settled(...given) });
  const news = new NewsOutbox(sql, {
    // The name of a copy's log is the group's address already.
    addressOf: (name) => (name.includes("@") ? name : addressOf(name as Name)) as FullAddress,
    queued: (destination) => newsLinks.queued(destination),
    unwanted: (log, destination) => {
      groups.unwanted(log, destination);
      replicas.unwanted(log, destination);
    },
  });
  const newsLinks = new Links<News>(news, newsHealth, {
    ...road,
    carrier: patient(road.carrier),
    paceMs: limits.groupUpdateMinIntervalMs,
    settled: ({ envelope }, verdict) => {
      if (envelope.kind !== "membership-update" || envelope.change !== "invited" || verdict.state !== "failed") return;
      groups.withdraw(envelope.group, envelope.to, envelope.version);
    },
  });
  const places = new Places(config, realm, shard);
  const dropped = () => void rounds.sweepDropped();
  const inside = { store: groupStore, logs, news, clock, dropped };
  const groups = new Groups({
    ...inside,
    addressOf,
    wayTo: (member) => places.wayTo(member),
    isReachable: (member) => places.find(splitAddress(member)) !== null,
    changed: (change) => tellMember(rooms, change),
  });
  const replicas = new Replicas({
    ...inside,
    objectOf: (member) => places.wayTo(member).destination,
    torn: (group) => void mend(rooms, group),
  });
  const post = new Post({
    words,
    contributions,
    realm,
    logs,
    threads,
    groups,
    memberships,
    sent,
    links,
    write,
    clock,
  });
  const retention = new Retention(sql, logs.store, sent, threads, config.retentionDays, clock);
  const accounts = new Accounts(sql, logs.store, {
    realm,
    clock,
    write,
    derive: (...given) => env.PASSWORD_HASHERS.getByName(shardName(realm, 0)).derive(...given),
    equal: (a, b) => a.byteLength === b.byteLength && crypto.subtle.timingSafeEqual(a, b),
    sessionsEnded: (account) => live.endSessions(account),
  });
  const live = new Live(ctx, {
    accounts,
    logs,
    clock,
    timer,
    groupsOf: (account) => memberships.groupsOf(account),
    execute: (command, claim, language) => executeHere(rooms, command, claim, language),
  });
  const ways = [links, newsLinks];
  const rounds = new Rounds(alarm, ways, retention, live, groupStore, commit, clock);
  const rooms: Rooms = {
    ...host,
    places,
    mailboxOf,
    birth: new Birth(sql, write, config.shards),
    commit,
    logs,
    polls,
    threads,
    marks,
    accounts,
    live,
    groups,
    replicas,
    memberships,
    sent,
    news,
    health,
    newsHealth,
    links,
    newsLinks,
    ways,
    post,
    words,
    heard,
    seen: new Seen(),
    joining: new Set(),
    rounds,
    ...peers,
  };
  return rooms;
}

/** The way to realms elsewhere, and what is known of them. */
function openPeers(host: Host, shard: number, sql: Sql, write: <T>(work: () => T) => Promise<T>): Peers {
  const { config, realm } = host;
  const clock = Date.now;
  const outbound = { fetch: fetch.bind(globalThis), localPeers: config.localPeers };
  const keyring = new Keyring(sql, write, clock);
  const https = new Https({
    here: realm,
    federation: config,
    outbound,
    clock,
    signingKey: () => (shard === 0 ? keyring.current() : firstObject(host).signingKey()),
  });
  const directory = new Directory(sql, write, clock, config, outbound);
  return { https, keyring, directory, gate: new Gate(config.peerRate, clock) };
}

/** After each commit: what it has brought about is told, and what it has queued leaves. */
function committed(rooms: Rooms, { arrivals, grown, words, heard, contributions }: Brought): void {
  const { polls, live, links, newsLinks, rounds } = rooms;
  const stored = arrivals.take();
  for (const key of new Set([...stored.map(({ log }) => log), ...grown.take()])) polls.wake(key);
  // Words first: who has been removed from a group does not hear what came to it in the same commit.
  for (const { account, event } of words.take()) live.say(account, event);
  live.announce(stored);
  for (const copy of heard.take()) live.announceGroup(copy.group, copy.id, copy);
  links.start();
  newsLinks.start();
  for (const contribution of contributions.take()) contributed(rooms, contribution);
  rounds.keepRetention();
}
