/** Events applied in one frame of a visible page. A new message takes a fraction of a millisecond to apply and to render. */
export const eventsPerFrame = 40;
/** A hidden page renders nothing that has to be smooth. */
const eventsPerHiddenFrame = 1_000;

export interface EventQueueDeps {
  /** Calls `work` in the next frame; in a hidden page, which has no frames, a moment later. */
  nextFrame(work: () => void): void;
  isVisible(): boolean;
}

/**
 * Applies live events in their order, some in each frame, so that a burst does not freeze the page. The server bounds the
 * queue: it stops when the answer to its `ping` is missing, and that answer waits here for the events before it.
 */
export class EventQueue {
  readonly #deps: EventQueueDeps;
  #waiting: (() => void)[] = [];

  constructor(deps: EventQueueDeps) {
    this.#deps = deps;
  }

  push(apply: () => void): void {
    this.#waiting.push(apply);
    if (this.#waiting.length === 1) this.#deps.nextFrame(() => this.#applySome());
  }

  #applySome(): void {
    const count = this.#deps.isVisible() ? eventsPerFrame : eventsPerHiddenFrame;
    const due = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    if (this.#waiting.length > 0) this.#deps.nextFrame(() => this.#applySome());
    for (const apply of due) apply();
  }
}
