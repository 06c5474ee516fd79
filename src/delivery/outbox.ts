import type { Transaction } from "../storage/sql.ts";
import type { ItemResult } from "./retry-policy.ts";

/** An item that waits for its destination. */
export interface QueuedItem<Item> {
  /** Names the item within its outbox: a sender waits for its result under this key. */
  key: string;
  item: Item;
  /** Milliseconds since 1970; null: it never expires. */
  queuedAt: number | null;
}

/** The result of one item of a batch; null: it stays queued. `isAwaited`: a request is still waiting for the result. */
export interface Settlement<Queued> {
  queued: Queued;
  result: ItemResult;
  isAwaited: boolean;
}

/** Where a delivery queue finds its items, and stores their results. */
export interface Outbox<Item, Queued extends QueuedItem<Item> = QueuedItem<Item>> {
  /** The oldest items for a destination, in their order, as far as they fit one batch of at most `limit`. */
  nextBatch(destination: string, limit: number): Queued[];
  /** An item from behind the first that may overtake it; null: there is none. `index` counts from 0 and wraps around. */
  probe(destination: string, index: number): Queued | null;
  /** Every destination that items wait for. */
  waitingDestinations(): string[];
  countWaiting(destination: string): number;
  /** Stores the results of a batch, in its order. */
  settle(tx: Transaction, destination: string, settlements: readonly Settlement<Queued>[]): void;
}
