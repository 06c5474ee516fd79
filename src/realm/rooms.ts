import { Accounts } from "../account/accounts.ts";
import { type Config, configOf, type Env } from "../env.ts";
import { Groups } from "../group/groups.ts";
import { Memberships } from "../group/memberships.ts";
import { NewsOutbox } from "../group/news.ts";
import { Replicas } from "../group/replicas.ts";
import { GroupStore } from "../group/store.ts";
import { limits } from "../limits.ts";
import type { Copy, News } from "../link/envelope.ts";
import { HealthStore } from "../link/health-store.ts";
import { Links } from "../link/links.ts";
import { SentLog } from "../link/sent-log.ts";
import { Live } from "../live/live.ts";
import { type Arrival, Logs } from "../message/logs.ts";
import { Marks } from "../message/marks.ts";
import { Polls } from "../message/polls.ts";
import { Threads } from "../message/threads.ts";
import { Notes } from "../notes.ts";
import { Directory } from "../peer/directory.ts";
import { Gate } from "../peer/gate.ts";
import { Https } from "../peer/https.ts";
import { Keyring } from "../peer/keyring.ts";
import { type FullAddress, fullAddress, type Name, type RealmName, splitAddress } from "../protocol/names.ts";
import type { Timer, Transaction } from "../sql.ts";
import { Alarm } from "./alarm.ts";
import { tellMember } from "./arrivals.ts";
import { Birth } from "./birth.ts";
import { carrier, patient } from "./carrier.ts";
import { GroupCommit } from "./commit.ts";
import { executeHere } from "./execute.ts";
import { mend } from "./group-requests.ts";
import { contributed } from "./membership.ts";
import { firstObject } from "./objects.ts";
import { isObject, Places } from "./places.ts";
import { type Contribution, Post, type Word } from "./post.ts";
import { Retention } from "./retention.ts";
import { Rounds } from "./rounds.ts";
import { Seen } from "./seen.ts";
import { parseShardName, shardName } from "./shards.ts";

/** What a realm's object is made of. */
export interface Rooms {
  env: Env;
  config: Config;
  realm: RealmName;
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

/** Puts the rooms of an object together. Nothing is read or written yet but the realm's birth. */
export function openRooms(ctx: DurableObjectState, env: Env): Rooms {
  const { storage } = ctx;
  const { sql } = storage;
  const clock = Date.now;
  const config = configOf(env);
  const { realm, shard } = parseShardName(ctx.id.name ?? "");
  const outbound = { fetch: fetch.bind(globalThis), localPeers: config.localPeers };

  const addressOf = (name: Name) => fullAddress(name, realm);
  const arrivals = new Notes<Arrival>();
  const words = new Notes<Word>();
  const heard = new Notes<Copy>();
  const contributions = new Notes<Contribution>();
  const grown = new Notes<string>();
  const alarm = new Alarm(storage);
  const logs = new Logs(sql, arrivals);
  const polls = new Polls(clock, timer);
  const mailboxOf = (address: FullAddress) => {
    const { name, realm: there } = splitAddress(address);
    return there === realm ? logs.store.findLog("mailbox", name) : null;
  };
  const threads = new Threads(sql, mailboxOf, grown);
  const sent = new SentLog(sql, addressOf);
  const groupStore = new GroupStore(sql, logs.store);
  const marks = new Marks(sql);
  const memberships = new Memberships(sql, (account, group, role) => {
    words.add({ account, event: { event: "membership", data: { group, role } } });
    // Another group may come to have the address: what was read of this one says nothing of it.
    if (role === null) marks.forget(account, "group", group);
  });
  const told = [arrivals, words, heard, contributions, grown, alarm];
  const notes = [...told, logs.store, threads, sent, groupStore, memberships];
  const transaction = notes.reduce<Transaction>(
    (inner, note) => note.within(inner),
    (work) => storage.transactionSync(work),
  );
  const commit = new GroupCommit(transaction, () => committed(rooms, arrivals, grown, contributions), timer);
  const write = <T>(work: () => T) => commit.run(work);
  const keyring = new Keyring(sql, write, clock);
  const https = new Https({
    here: realm,
    federation: config,
    outbound,
    clock,
    signingKey: () => (shard === 0 ? keyring.current() : firstObject(env, config, realm).signingKey()),
  });
  const health = new HealthStore(sql);
  const newsHealth = new HealthStore(sql, "news ");
  const road = {
    clock,
    random: Math.random,
    timer,
    write,
    carrier: carrier(env, config, https),
    isKept: (destination: string) => isObject(destination) || config.peers.has(destination as RealmName),
    arm: (time: number) => alarm.arm(time),
  };
  const links = new Links(sent, health, { ...road, settled: (...given) => post.settled(...given) });
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
      groups.withdraw(envelope.group, envelope.to);
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
    env,
    config,
    realm,
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
    https,
    keyring,
    directory: new Directory(sql, write, clock, config, outbound),
    gate: new Gate(config.peerRate, clock),
  };
  return rooms;
}

/** After each commit: what it has brought about is told, and what it has queued leaves. */
function committed(
  rooms: Rooms,
  arrivals: Notes<Arrival>,
  grown: Notes<string>,
  contributions: Notes<Contribution>,
): void {
  const { polls, live, words, heard, links, newsLinks, rounds } = rooms;
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
