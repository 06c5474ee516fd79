import type { Config } from "../config/config.ts";
import { type Answer, dataReply, type RealmReport } from "../protocol/replies.ts";
import type { AddressRouter } from "../shard-api/address-router.ts";
import type { DestinationReport, ShardDirectory } from "../shard-api/shard-api.ts";
import { isShardName } from "../shard-api/shard-names.ts";
import type { DestinationStore } from "./destination-store.ts";

/** A queue's parts that a report is made of. */
export interface ReportedQueue {
  outbox: { countWaiting(destination: string): number };
  destinations: DestinationStore;
  queues: { problemOf(destination: string): string | null };
}

export interface DestinationReportsDeps {
  config: Config;
  router: AddressRouter;
  shards: ShardDirectory;
  queues: readonly ReportedQueue[];
}

/** Reports on the queues to other realms. */
export class DestinationReports {
  readonly #deps: DestinationReportsDeps;

  constructor(deps: DestinationReportsDeps) {
    this.#deps = deps;
  }

  /** This shard's queues: those to configured peers, and those to realms that it has tried. */
  ofThisShard(): DestinationReport[] {
    const { config, queues } = this.#deps;
    const tried = queues.flatMap(({ destinations }) => destinations.list().filter((name) => !isShardName(name)));
    const realms = [...new Set([...config.peers.keys(), ...tried])].sort();
    return realms.map((realm) => queues.map((queue) => reportOf(queue, realm)).reduce(combine));
  }

  /** Answers `realms`: the reports of all the realm's shards, added up. */
  async listRealms(): Promise<Answer> {
    const { router, shards } = this.#deps;
    const others = router.otherShards().map((name) => shards.get(name).reportDestinations());
    const byRealm = new Map<string, DestinationReport>();
    for (const report of [this.ofThisShard(), ...(await Promise.all(others))].flat()) {
      const known = byRealm.get(report.realm);
      byRealm.set(report.realm, known ? combine(known, report) : report);
    }
    return dataReply([...byRealm.values()].map(toRealmReport));
  }
}

function reportOf({ outbox, destinations, queues }: ReportedQueue, realm: string): DestinationReport {
  const { failures, nextAttemptAt } = destinations.get(realm);
  return {
    realm,
    failures,
    nextAttemptAt,
    queued: outbox.countWaiting(realm),
    lastContactAt: destinations.lastContactAt(realm),
    problem: queues.problemOf(realm),
  };
}

function combine(a: DestinationReport, b: DestinationReport): DestinationReport {
  return {
    realm: a.realm,
    failures: Math.max(a.failures, b.failures),
    queued: a.queued + b.queued,
    lastContactAt: extreme(Math.max, a.lastContactAt, b.lastContactAt),
    nextAttemptAt: extreme(Math.min, a.nextAttemptAt, b.nextAttemptAt),
    problem: a.problem ?? b.problem,
  };
}

function extreme(pick: (a: number, b: number) => number, a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : pick(a, b);
}

function toRealmReport(report: DestinationReport): RealmReport {
  const { realm, failures, queued, lastContactAt, nextAttemptAt, problem } = report;
  const iso = (time: number | null) => (time === null ? null : new Date(time).toISOString());
  const state = failures > 0 ? "unreachable" : "healthy";
  return { realm, state, queued, contact: iso(lastContactAt), next: iso(nextAttemptAt), problem };
}
