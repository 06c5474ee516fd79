import { seeded } from "../support/random.ts";
import { Ledger } from "./acknowledged-messages.ts";
import { bounds, type Figures, grown, Watch } from "./growth.ts";
import { Listener } from "./listener.ts";
import { openWorld, type Realm, type RealmName, realmNames } from "./soak-fixture.ts";
import { comeAndGo, Mix } from "./workload.ts";

export interface Plan {
  minutes: number;
  seed: number;
  /** Operations a second, in both realms together. */
  rate: number;
  /** What p99 may grow by in any case, where it is not the bound that is usual. */
  p99Ms?: number;
  say(line: string): void;
}
export interface Outcome {
  operations: number;
  acknowledged: number;
  restarts: number;
  growth: Record<RealmName, { before: Figures; after: Figures }>;
  /** What must not be; empty where all is well. */
  faults: string[];
}

/** Restarts of each realm come in the first part of the time; growth is looked for in the rest. */
const restartingPart = 0.5;
const restartsEach = 3;
/** Answers soon after a start are not counted: everything is cold then, and the restarted realm also hashes. */
const settlingMs = 3_000;
const listenersEach = 5;

/** Lets 200 accounts of two realms do everything for some minutes, with kills in between, and looks what is left. */
export async function soak({ minutes, seed, rate, p99Ms = bounds.p99Ms, say }: Plan): Promise<Outcome> {
  const random = seeded(seed);
  const world = await openWorld();
  const realms = Object.values(world);
  const ledger = new Ledger();
  const listeners = realms.flatMap((realm) =>
    Array.from({ length: listenersEach }, (_, n) => new Listener(realm, n + 1)),
  );
  const mix = new Mix(world, ledger, listeners, random);
  const watches = new Map(realms.map((realm) => [realm, new Watch(realm)]));
  const faults: string[] = [];
  const note = (error: unknown) => faults.push(String(error));

  const started = performance.now();
  const lastMs = minutes * 60_000;
  const restarts = realms
    .flatMap((realm) =>
      Array.from({ length: restartsEach }, (_, n) => ({
        realm,
        at: (restartingPart * lastMs * (n + random())) / restartsEach,
      })),
    )
    .sort((a, b) => a.at - b.at);
  const after = [...restarts];
  let operations = 0;
  let looked = 0;
  const open = new Set<Promise<unknown>>();
  const begin = (work: Promise<unknown>) => {
    const done = work.catch(note).finally(() => open.delete(done));
    open.add(done);
  };

  for (let now = 0; now < lastMs; now = performance.now() - started) {
    const due = after[0];
    if (due && due.at <= now) {
      after.shift();
      say(`${(now / 1000).toFixed(0)} s: kill -9 of ${due.realm.name}`);
      begin(due.realm.restart().then(() => comeAndGo(due.realm, `baru${due.realm.lives}`)));
    }
    if (now - looked >= 500 && now >= (restartingPart + 0.1) * lastMs) {
      for (const watch of watches.values()) watch.look();
      looked = now;
    }
    // As many as the clock asks for, unless so many are unanswered that more would only wait.
    while (operations < (now / 1000) * rate && open.size < 200) {
      operations++;
      begin(timed(mix, watches));
    }
    if (faults.length > 20) break;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const ended = performance.now();
  await Promise.all(open);

  say(`${operations} operations, ${ledger.count} messages acknowledged; a last kill -9 of both`);
  await Promise.all(realms.map((realm) => realm.restart()));
  await emptied(realms).catch(note);
  faults.push(...(await ledger.faults(world)));
  await heard(listeners, realms).catch(note);
  for (const listener of listeners) {
    faults.push(...listener.faults);
    listener.close();
  }

  const begun = started + (restartingPart + 0.1) * lastMs;
  const third = (ended - begun) / 3;
  const growth = {} as Outcome["growth"];
  for (const name of realmNames) {
    const watch = watches.get(world[name]);
    if (!watch) continue;
    growth[name] = { before: watch.figures(begun, begun + third), after: watch.figures(ended - third, ended) };
    faults.push(...grown(name, growth[name].before, growth[name].after, p99Ms));
  }
  await Promise.all(realms.map(({ server }) => server.kill()));
  return { operations, acknowledged: ledger.count, restarts: restarts.length + realms.length, growth, faults };
}

async function timed(mix: Mix, watches: Map<Realm, Watch>): Promise<void> {
  const { realm, deed, isWait } = mix.next();
  const lives = realm.lives;
  const before = performance.now();
  await deed();
  if (!isWait && lives === realm.lives && before - realm.backAt > settlingMs)
    watches.get(realm)?.answered(performance.now() - before);
}

/** Resolves when nothing waits in either realm for the other. */
async function emptied(realms: readonly Realm[]): Promise<void> {
  const deadline = performance.now() + 120_000;
  for (const realm of realms) {
    for (;;) {
      const { data } = await realm.insist(1, "realms");
      if ((data as { queued: number }[]).every(({ queued }) => queued === 0)) break;
      if (performance.now() > deadline) throw new Error(`messages of ${realm.name} are still queued`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Resolves when each listener has heard of the last message of its mailbox. */
async function heard(listeners: readonly Listener[], realms: readonly Realm[]): Promise<void> {
  const deadline = performance.now() + 30_000;
  for (const [n, listener] of listeners.entries()) {
    const realm = realms[Math.floor(n / listenersEach)];
    const reply = await realm?.insist(1 + (n % listenersEach), "inbox last=1");
    const [newest] = (reply?.data ?? []) as { id: number }[];
    while (listener.cursor < (newest?.id ?? 0)) {
      if (performance.now() > deadline)
        throw new Error(`a listener heard ${listener.cursor} of ${newest?.id} messages`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
