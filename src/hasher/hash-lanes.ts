import { limits } from "../limits.ts";
import type { Clock } from "../storage/clock.ts";
import { type HashPurpose, hashPurposes } from "./scrypt.ts";

interface Job {
  start: () => void;
  /** Answers it without running it. */
  refuse: () => void;
  deadline: number;
}

/** The waiting jobs of one purpose, by name. The first name is the next one whose turn it is. */
interface Lane {
  waiting: number;
  jobsByName: Map<string, Job[]>;
  /** How much of its share the lane has not used. */
  credit: number;
}

/**
 * Jobs that wait for a place, in a lane for each purpose. The lanes share the places 4 : 2 : 1, so that no purpose waits for the end
 * of another; the names of a lane take turns, so that one account does not keep the others of its lane waiting. A job that has waited
 * for too long is refused: its client has given up, or should come back later.
 */
export class HashLanes {
  readonly #clock: Clock;
  readonly #lanes: Record<HashPurpose, Lane> = { login: newLane(), change: newLane(), registration: newLane() };

  /** @param clock any that never goes back */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns false: too many jobs wait in this lane */
  add(purpose: HashPurpose, name: string, { start, refuse }: Omit<Job, "deadline">): boolean {
    const lane = this.#lanes[purpose];
    if (lane.waiting >= limits.hashQueueMax) return false;
    const jobs = lane.jobsByName.get(name) ?? [];
    jobs.push({ start, refuse, deadline: this.#clock() + limits.hashWaitMaxMs });
    lane.jobsByName.set(name, jobs);
    lane.waiting++;
    return true;
  }

  /** Starts the next job, and refuses those whose time is over. @returns false: none waits */
  startNext(): boolean {
    this.#refuseLate();
    const lane = this.#nextLane();
    const [next] = lane?.jobsByName ?? [];
    if (!lane || !next) return false;
    const [name, jobs] = next;
    const job = jobs.shift();
    lane.waiting--;
    // The name goes behind all others.
    lane.jobsByName.delete(name);
    if (jobs.length > 0) lane.jobsByName.set(name, jobs);
    job?.start();
    return true;
  }

  #refuseLate(): void {
    const now = this.#clock();
    for (const lane of Object.values(this.#lanes)) {
      for (const [name, jobs] of lane.jobsByName) {
        while (jobs[0] && jobs[0].deadline <= now) {
          jobs.shift()?.refuse();
          lane.waiting--;
        }
        if (jobs.length === 0) lane.jobsByName.delete(name);
      }
    }
  }

  /** Smooth weighted round-robin: of 7 turns while all wait, a login has 4, spread among the others. */
  #nextLane(): Lane | null {
    let next: Lane | null = null;
    let total = 0;
    for (const purpose of hashPurposes) {
      const lane = this.#lanes[purpose];
      // A lane saves nothing up while nobody waits in it.
      if (lane.waiting === 0) lane.credit = 0;
      else {
        total += limits.hashShares[purpose];
        lane.credit += limits.hashShares[purpose];
        if (!next || lane.credit > next.credit) next = lane;
      }
    }
    if (next) next.credit -= total;
    return next;
  }
}

function newLane(): Lane {
  return { waiting: 0, jobsByName: new Map(), credit: 0 };
}
