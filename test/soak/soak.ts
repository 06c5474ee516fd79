import { seededRandom } from "../support/seeded-random.ts";
import { runAccountLifecycle } from "./account-lifecycle.ts";
import { AcknowledgedMessages } from "./acknowledged-messages.ts";
import { waitForEmptyQueues, waitForSockets } from "./convergence.ts";
import { growthLimits, growthProblems, type Usage, UsageMonitor } from "./growth.ts";
import { ReconnectingSocket } from "./reconnecting-socket.ts";
import type { RestartingRealm } from "./restarting-realm.ts";
import { openRealms, type RealmName, realmNames } from "./soak-realms.ts";
import { Workload } from "./workload.ts";

export interface SoakOptions {
  minutes: number;
  seed: number;
  /** Operations per second, in both realms together. */
  rate: number;
  /** The fixed part of the p99 limit in milliseconds, if it differs from the default. Infinity switches the limit off. */
  p99GrowthMs?: number;
  log(line: string): void;
}
export interface SoakResult {
  operations: number;
  acknowledged: number;
  restarts: number;
  growth: Record<RealmName, { before: Usage; after: Usage }>;
  /** Empty if the test passed. */
  problems: string[];
}

/** The part of the time in which realms restart. Growth is measured in the rest, after a pause of a tenth. */
const restartPhase = 0.5;
const measuredFrom = restartPhase + 0.1;
const restartsPerRealm = 3;
/** Response times soon after a start are not counted: caches are cold, and the restarted realm hashes passwords. */
const warmUpMs = 3_000;
const socketsPerRealm = 5;
const maxOpenOperations = 200;
const usageSampleMs = 500;

/** Runs the workload of 200 accounts in two realms, with kills in between, and checks the stored messages and the growth. */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const random = seededRandom(options.seed);
  const realmsByName = await openRealms();
  const realms = Object.values(realmsByName);
  const acknowledged = new AcknowledgedMessages();
  const sockets = realms.flatMap((realm) =>
    Array.from({ length: socketsPerRealm }, (_, n) => new ReconnectingSocket(realm, n + 1)),
  );
  const workload = new Workload({ realms: realmsByName, acknowledged, sockets, random });
  const monitors = new Map(realms.map((realm) => [realm, new UsageMonitor(realm)]));
  const problems: string[] = [];
  const recordProblem = (error: unknown) => problems.push(String(error));

  const durationMs = options.minutes * 60_000;
  const restarts = planRestarts(realms, durationMs, random);
  const started = performance.now();
  const operations = await runLoad({ options, durationMs, restarts, workload, monitors, problems });
  const ended = performance.now();

  await operations.finished;
  options.log(`${operations.count} operations, ${acknowledged.count} messages acknowledged; a last kill -9 of both`);
  await Promise.all(realms.map((realm) => realm.restart()));
  await waitForEmptyQueues(realms).catch(recordProblem);
  problems.push(...(await acknowledged.findProblems(realmsByName)));
  await waitForSockets(sockets).catch(recordProblem);
  for (const socket of sockets) {
    problems.push(...socket.problems);
    socket.close();
  }

  const measuredSince = started + measuredFrom * durationMs;
  const third = (ended - measuredSince) / 3;
  const usageOf = (name: RealmName) => {
    const monitor = monitors.get(realmsByName[name]);
    if (!monitor) throw new Error(`${name} is not monitored`);
    return {
      before: monitor.usageBetween(measuredSince, measuredSince + third),
      after: monitor.usageBetween(ended - third, ended),
    };
  };
  const growth = { surabaya: usageOf("surabaya"), jakarta: usageOf("jakarta") };
  for (const name of realmNames) {
    const { before, after } = growth[name];
    problems.push(...growthProblems(name, before, after, options.p99GrowthMs ?? growthLimits.p99Ms));
  }
  await Promise.all(realms.map(({ server }) => server.kill()));
  return {
    operations: operations.count,
    acknowledged: acknowledged.count,
    restarts: restarts.length + realms.length,
    growth,
    problems,
  };
}

interface Restart {
  realm: RestartingRealm;
  /** Milliseconds after the start of the load. */
  at: number;
}

/** Spreads the restarts of each realm evenly over the restart phase, each at a random moment of its part. */
function planRestarts(realms: readonly RestartingRealm[], durationMs: number, random: () => number): Restart[] {
  const moment = (n: number) => (restartPhase * durationMs * (n + random())) / restartsPerRealm;
  return realms
    .flatMap((realm) => Array.from({ length: restartsPerRealm }, (_, n) => ({ realm, at: moment(n) })))
    .sort((a, b) => a.at - b.at);
}

interface LoadDeps {
  options: SoakOptions;
  durationMs: number;
  restarts: readonly Restart[];
  workload: Workload;
  monitors: Map<RestartingRealm, UsageMonitor>;
  /** Receives the error of each failed operation. */
  problems: string[];
}

/** Starts operations at a steady rate and restarts realms. @returns when the time is over; `finished` awaits open operations */
async function runLoad(deps: LoadDeps): Promise<{ count: number; finished: Promise<unknown> }> {
  const { options, durationMs, workload, monitors, problems } = deps;
  const restarts = [...deps.restarts];
  const started = performance.now();
  const open = new Set<Promise<unknown>>();
  const track = (work: Promise<unknown>) => {
    const done = work.catch((error) => problems.push(String(error))).finally(() => open.delete(done));
    open.add(done);
  };
  let count = 0;
  let sampledAt = 0;
  for (let now = 0; now < durationMs; now = performance.now() - started) {
    const due = restarts[0];
    if (due && due.at <= now) {
      restarts.shift();
      options.log(`${(now / 1000).toFixed(0)} s: kill -9 of ${due.realm.name}`);
      track(due.realm.restart().then(() => runAccountLifecycle(due.realm, `baru${due.realm.starts}`)));
    }
    if (now - sampledAt >= usageSampleMs && now >= measuredFrom * durationMs) {
      for (const monitor of monitors.values()) monitor.sample();
      sampledAt = now;
    }
    while (count < (now / 1000) * options.rate && open.size < maxOpenOperations) {
      count++;
      track(runTimed(workload, monitors));
    }
    if (problems.length > 20) break;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return { count, finished: Promise.all(open) };
}

/** Runs one operation. Records its response time unless its realm restarts meanwhile. */
async function runTimed(workload: Workload, monitors: Map<RestartingRealm, UsageMonitor>): Promise<void> {
  const { realm, operation, isWait } = workload.next();
  const start = realm.starts;
  const before = performance.now();
  await operation();
  if (isWait || start !== realm.starts || before - realm.upSince <= warmUpMs) return;
  monitors.get(realm)?.recordResponse(performance.now() - before);
}
