import { Accounts } from "../account/accounts.ts";
import type { Timer } from "../clock.ts";
import { configOf, type Env } from "../env.ts";
import { Groups } from "../group/groups.ts";
import type { Memberships } from "../group/memberships.ts";
import { NewsOutbox } from "../group/news.ts";
import { Replicas } from "../group/replicas.ts";
import { limits } from "../limits.ts";
import type { Copy, News } from "../link/envelope.ts";
import { HealthStore } from "../link/health-store.ts";
import { Links } from "../link/links.ts";
import type { SentLog } from "../link/sent-log.ts";
import { Live } from "../live/live.ts";
import type { Logs } from "../message/logs.ts";
import type { Marks } from "../message/marks.ts";
import { Polls } from "../message/polls.ts";
import type { Threads } from "../message/threads.ts";
import type { Notes } from "../notes.ts";
import { Directory } from "../peer/directory.ts";
import { Gate } from "../peer/gate.ts";
import { Https } from "../peer/https.ts";
import { Keyring } from "../peer/keyring.ts";
import { type FullAddress, fullAddress, type Name, type RealmName, splitAddress } from "../protocol/names.ts";
import type { Sql } from "../sql.ts";
import { tellMember } from "./arrivals.ts";
import { Birth } from "./birth.ts";
import { carrier, patient } from "./carrier.ts";
import { GroupCommit } from "./commit.ts";
import { executeHere } from "./execute.ts";
import { mend } from "./group-requests.ts";
import { contributed } from "./membership.ts";
import { firstObject, type Host } from "./objects.ts";
import { isObject, Places } from "./places.ts";
import { Post, type Word } from "./post.ts";
import { Retention } from "./retention.ts";
import { Rounds } from "./rounds.ts";
import { Seen } from "./seen.ts";
import { parseShardName, shardName } from "./shards.ts";
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
    paceMs: limits.newsEveryMs,
    settled: ({ envelope }, verdict) => {
      if (envelope.kind !== "change" || envelope.change !== "invited" || verdict.state !== "failed") return;
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
    derive: (...given) => env.HASHERS.getByName(shardName(realm, 0)).derive(...given),
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
