import { limits } from "../limits.ts";

/** Why a body is not read to its end. */
export type BodyRefusal = "busy" | "too-slow";

export interface BodyBudgetDeps {
  totalMaxBytes: number;
  clientMaxBytes: number;
  /** The longest time for one body. */
  maxMs: number;
  /** Milliseconds that never step. */
  elapsedMs: () => number;
}

/**
 * The memory for the bodies of requests: one total, and a part of it for each client address. If the total is spent, the body
 * that has been read for longest ends. So a client that sends slowly loses its place to clients that send at once, however
 * many slow ones there are. There is no timer: a body that takes too long ends when the next one starts.
 */
export class BodyBudget {
  readonly #deps: BodyBudgetDeps;
  #bytes = 0;
  readonly #bytesByClient = new Map<string, number>();
  /** The shares of bodies that are being read, the oldest first. */
  readonly #reading = new Set<BodyShare>();

  constructor(deps: BodyBudgetDeps) {
    this.#deps = deps;
  }

  /** Bytes of all bodies that are being read or handled. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Starts a body. @param client the address that sends it; null: not known */
  open(client: string | null): BodyShare {
    const now = this.#deps.elapsedMs();
    for (const share of this.#reading) {
      if (now - share.startedAt < this.#deps.maxMs) break;
      share.refuse("too-slow");
    }
    const share = new BodyShare(client, now, this);
    this.#reading.add(share);
    return share;
  }

  /** For shares only. @returns whether there is room */
  reserve(share: BodyShare, bytes: number): boolean {
    const { client } = share;
    const ofClient = client === null ? 0 : (this.#bytesByClient.get(client) ?? 0) + bytes;
    if (ofClient > this.#deps.clientMaxBytes) return false;
    for (const oldest of this.#reading) {
      if (this.#bytes + bytes <= this.#deps.totalMaxBytes || oldest === share) break;
      oldest.refuse("busy");
    }
    if (this.#bytes + bytes > this.#deps.totalMaxBytes) return false;
    this.#bytes += bytes;
    if (client !== null) this.#bytesByClient.set(client, ofClient);
    return true;
  }

  /** For shares only: the body has been read, or never will be. */
  endReading(share: BodyShare): void {
    this.#reading.delete(share);
  }

  /** For shares only. */
  giveBack({ client }: BodyShare, bytes: number): void {
    this.#bytes -= bytes;
    if (client === null) return;
    const left = (this.#bytesByClient.get(client) ?? 0) - bytes;
    if (left > 0) this.#bytesByClient.set(client, left);
    else this.#bytesByClient.delete(client);
  }
}

/** The part of the budget that one body takes. */
export class BodyShare {
  readonly client: string | null;
  readonly startedAt: number;
  /** Resolves if the body must not be read further. */
  readonly refused: Promise<BodyRefusal>;
  readonly #refuse: (reason: BodyRefusal) => void;
  readonly #budget: BodyBudget;
  #bytes = 0;
  #isOver = false;

  constructor(client: string | null, startedAt: number, budget: BodyBudget) {
    this.client = client;
    this.startedAt = startedAt;
    this.#budget = budget;
    const { promise, resolve } = Promise.withResolvers<BodyRefusal>();
    this.refused = promise;
    this.#refuse = resolve;
  }

  /** Takes room for more bytes. @returns false if there is none; the share is then given back */
  take(bytes: number): boolean {
    if (!this.#isOver && this.#budget.reserve(this, bytes)) {
      this.#bytes += bytes;
      return true;
    }
    this.refuse("busy");
    return false;
  }

  /** The body has arrived. Its memory stays taken until `release`, and it is not refused any more. */
  arrived(): void {
    this.#budget.endReading(this);
  }

  refuse(reason: BodyRefusal): void {
    this.release();
    this.#refuse(reason);
  }

  /** The body is no longer needed. */
  release(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#budget.endReading(this);
    this.#budget.giveBack(this, this.#bytes);
  }
}

/** The bodies of this Worker isolate or process. */
export const bodyBudget = new BodyBudget({
  totalMaxBytes: limits.bodiesMaxBytes,
  clientMaxBytes: limits.bodiesPerClientMaxBytes,
  maxMs: limits.requestBodyMs,
  elapsedMs: () => performance.now(),
});
