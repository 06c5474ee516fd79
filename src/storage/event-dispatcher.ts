import type { DomainEvent } from "../domain-events.ts";
import { logError } from "./log.ts";

/** Gets all events of a commit, in the order in which they were emitted. */
export type CommitListener = (events: readonly DomainEvent[]) => void;

/** Hands the events of each commit to its subscribers, in the order in which they subscribed. */
export class EventDispatcher {
  readonly #listeners: CommitListener[] = [];

  subscribe(listener: CommitListener): void {
    this.#listeners.push(listener);
  }

  /** Called after every commit, also with no events. A subscriber that throws does not keep the others from theirs. */
  dispatch(events: readonly DomainEvent[]): void {
    for (const listener of this.#listeners) {
      try {
        listener(events);
      } catch (error) {
        logError("event-subscriber-failed", error);
      }
    }
  }
}
