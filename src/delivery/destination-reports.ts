import type { Config } from "../config/config.ts";
import { limits } from "../limits.ts";
import { type Answer, dataReply, type RealmReport } from "../protocol/replies.ts";
import type { AddressRouter } from "../shard-api/address-router.ts";
import type { DestinationReport, ReportPage, ShardDirectory } from "../shard-api/shard-api.ts";
import { isoTimeOrNull } from "../storage/iso-time.ts";
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

  /** This shard's queues after a realm, in the order of their realms: those to configured peers, and those to realms that it has tried. */
  ofThisShard({ past, limit }: ReportPage): DestinationReport[] {
    const { config, queues } = this.#deps;
    const configured = [...config.peers.keys()].filter((realm) => realm > past);
    const tried = queues.flatMap(({ destinations }) => destinations.listRealms(past, limit));
    const realms = [...new Set([...configured, ...tried])].sort().slice(0, limit);
    return realms.map((realm) => queues.map((queue) => reportOf(queue, realm)).reduce(combine));
  }

  /** Answers `realms`: the reports of all the realm's shards, added up. The first realms of all are among the first of each. */
  async listRealms({ past = "", limit = limits.realmsPage }: Partial<ReportPage>): Promise<Answer> {
    const { router, shards } = this.#deps;
    const page = { past, limit };
    const others = router.otherShards().map((name) => shards.get(name).reportDestinations(page));
    const byRealm = new Map<string, DestinationReport>();
    for (const report of [this.ofThisShard(page), ...(await Promise.all(others))].flat()) {
      const known = byRealm.get(report.realm);
      byRealm.set(report.realm, known ? combine(known, report) : report);
    }
    const reports = [...byRealm.values()].sort((a, b) => (a.realm < b.realm ? -1 : 1)).slice(0, limit);
    return dataReply(reports.map(toRealmReport));
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
  const state = failures > 0 ? "unreachable" : "healthy";
  return { realm, state, queued, contact: isoTimeOrNull(lastContactAt), next: isoTimeOrNull(nextAttemptAt), problem };
}
