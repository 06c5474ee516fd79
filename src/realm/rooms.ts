import { Accounts } from "../account/accounts.ts";
import { type Config, configOf, type Env } from "../env.ts";
import { Groups } from "../group/groups.ts";
import { HealthStore } from "../link/health-store.ts";
import { Links } from "../link/links.ts";
import { SentLog } from "../link/sent-log.ts";
import { Live } from "../live/live.ts";
import { type Arrival, Logs } from "../message/logs.ts";
import { Notes } from "../notes.ts";
import { Directory } from "../peer/directory.ts";
import { Gate } from "../peer/gate.ts";
import { Https } from "../peer/https.ts";
import { Keyring } from "../peer/keyring.ts";
import { fullAddress, type RealmName } from "../protocol/names.ts";
import type { Timer } from "../sql.ts";
import { Alarm } from "./alarm.ts";
import { Birth } from "./birth.ts";
import { carrier } from "./carrier.ts";
import { GroupCommit } from "./commit.ts";
import { executeHere } from "./execute.ts";
import { firstObject } from "./objects.ts";
import { isObject, Places } from "./places.ts";
import { type End, Post } from "./post.ts";
import { Retention } from "./retention.ts";
import { Rounds } from "./rounds.ts";
import { parseShardName, shardName } from "./shards.ts";

/** What a realm's object is made of. */
export interface Rooms {
  env: Env;
  config: Config;
  realm: RealmName;
  places: Places;
  birth: Birth;
  commit: GroupCommit;
  logs: Logs;
  accounts: Accounts;
  live: Live;
  groups: Groups;
  sent: SentLog;
  health: HealthStore;
  links: Links;
  post: Post;
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

  const arrivals = new Notes<Arrival>();
  const ends = new Notes<End>();
  const alarm = new Alarm(storage);
  const logs = new Logs(sql, clock, timer, arrivals);
  const commit = new GroupCommit(
    arrivals.within(ends.within(alarm.within((work) => storage.transactionSync(work)))),
    () => {
      const stored = arrivals.take();
      logs.announce(stored);
      live.announce(stored);
      for (const { account, event } of ends.take()) live.say(account, event);
      links.start();
      rounds.keepRetention();
    },
    timer,
  );
  const write = <T>(work: () => T) => commit.run(work);
  const keyring = new Keyring(sql, write, clock);
  const https = new Https({
    here: realm,
    federation: config,
    outbound,
    clock,
    signingKey: () => (shard === 0 ? keyring.current() : firstObject(env, config, realm).signingKey()),
  });
  const sent = new SentLog(sql, (name) => fullAddress(name, realm));
  const health = new HealthStore(sql);
  const links = new Links(sent, health, {
    clock,
    random: Math.random,
    timer,
    write,
    carrier: carrier(env, config, https),
    isKept: (destination) => isObject(destination) || config.peers.has(destination as RealmName),
    arm: (time) => alarm.arm(time),
    unheard: (queued, verdict) => post.tell(queued, verdict),
  });
  const post = new Post({ ends, realm, logs, sent, links, write, clock });
  const retention = new Retention(sql, logs.store, sent, config.retentionDays, clock);
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
    execute: (command, claim, language) => executeHere(rooms, command, claim, language),
  });
  const rounds = new Rounds(alarm, links, retention, live, commit, clock);
  const rooms: Rooms = {
    env,
    config,
    realm,
    places: new Places(config, realm, shard),
    birth: new Birth(sql, write, config.shards),
    commit,
    logs,
    accounts,
    live,
    groups: new Groups(sql, logs, clock),
    sent,
    health,
    links,
    post,
    rounds,
    https,
    keyring,
    directory: new Directory(sql, write, clock, config, outbound),
    gate: new Gate(config.peerRate, clock),
  };
  return rooms;
}
