import { type Answer, dataReply, type RealmReport } from "../protocol/replies.ts";
import type { Rooms } from "../shard/composition.ts";
import { isObject } from "../shard-api/address-router.ts";
import { realmObject } from "../shard-api/realm-context.ts";
import type { HealthStore } from "./destination-store.ts";

/** How a link to another realm is doing, or several together. */
export interface LinkReport {
  realm: string;
  failures: number;
  queued: number;
  /** Milliseconds since 1970; 0: never. */
  contact: number;
  due: number;
  problem: string | null;
}

/** This object's links to realms elsewhere, of both kinds: those it is configured to know, and those it has spoken to. */
export function ownReports({ config, sent, health, links, news, newsHealth, newsLinks }: Rooms): LinkReport[] {
  const spokenTo = [...health.contacts(), ...newsHealth.contacts()].filter((name) => !isObject(name));
  const realms = new Set([...config.peers.keys(), ...spokenTo]);
  return [...realms]
    .sort()
    .map((realm) => together(reportOf(realm, sent, health, links), reportOf(realm, news, newsHealth, newsLinks)));
}

function reportOf(
  realm: string,
  outbox: { waiting(destination: string): number },
  health: HealthStore,
  links: { problem(destination: string): string | null },
): LinkReport {
  const { failures, due } = health.of(realm);
  const [queued, contact] = [outbox.waiting(realm), health.contact(realm)];
  return { realm, failures, due, queued, contact, problem: links.problem(realm) };
}

/** Answers `realms`: the reports of all the realm's objects, added up. */
export async function linkReports(rooms: Rooms): Promise<Answer> {
  const others = rooms.places.siblings().map((name) => realmObject(rooms, name).linkReports());
  const byRealm = new Map<string, LinkReport>();
  for (const report of [ownReports(rooms), ...(await Promise.all(others))].flat()) {
    const known = byRealm.get(report.realm);
    byRealm.set(report.realm, known ? together(known, report) : report);
  }
  return dataReply([...byRealm.values()].map(shown));
}

function together(a: LinkReport, b: LinkReport): LinkReport {
  const dues = [a.due, b.due].filter((due) => due > 0);
  return {
    realm: a.realm,
    failures: Math.max(a.failures, b.failures),
    queued: a.queued + b.queued,
    contact: Math.max(a.contact, b.contact),
    due: dues.length > 0 ? Math.min(...dues) : 0,
    problem: a.problem ?? b.problem,
  };
}

function shown({ realm, failures, queued, contact, due, problem }: LinkReport): RealmReport {
  const iso = (time: number) => (time > 0 ? new Date(time).toISOString() : null);
  return {
    realm,
    state: failures > 0 ? "unreachable" : "healthy",
    queued,
    contact: iso(contact),
    next: iso(due),
    problem,
  };
}
