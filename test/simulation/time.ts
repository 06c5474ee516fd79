interface Event {
  at: number;
  order: number;
  run: () => void;
}

/** Simulated time. Events run in the order of their time; events of the same time run in the order of scheduling. */
export class SimulatedTime {
  now: number;
  readonly #events: Event[] = [];
  #order = 0;

  /** @param now in milliseconds since 1970 */
  constructor(now: number) {
    this.now = now;
  }

  /** Schedules an event `ms` milliseconds from now. @returns a function that cancels it */
  schedule(ms: number, run: () => void): () => void {
    const event = { at: this.now + Math.max(0, ms), order: this.#order++, run };
    this.#push(event);
    return () => {
      event.run = () => {};
    };
  }

  /** Runs events up to the time `until`. After each event, pending promises settle and `afterEach` runs. */
  async run(until: number, afterEach: () => void): Promise<void> {
    for (let event = this.#events[0]; event !== undefined && event.at <= until; event = this.#events[0]) {
      this.#pop();
      this.now = event.at;
      event.run();
      await drainMicrotasks();
      afterEach();
    }
    this.now = Math.max(this.now, until);
  }

  #push(event: Event): void {
    const heap = this.#events;
    let index = heap.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(heap, index, parent)) return;
      swap(heap, index, parent);
      index = parent;
    }
  }

  #pop(): void {
    const heap = this.#events;
    const last = heap.pop();
    if (heap.length === 0 || last === undefined) return;
    heap[0] = last;
    for (let index = 0; ; ) {
      const [left, right] = [2 * index + 1, 2 * index + 2];
      let least = index;
      if (left < heap.length && isBefore(heap, left, least)) least = left;
      if (right < heap.length && isBefore(heap, right, least)) least = right;
      if (least === index) return;
      swap(heap, index, least);
      index = least;
    }
  }
}

function isBefore(heap: Event[], a: number, b: number): boolean {
  const [first, second] = [heap[a], heap[b]];
  if (!first || !second) return false;
  return first.at - second.at < 0 || (first.at === second.at && first.order < second.order);
}

function swap(heap: Event[], a: number, b: number): void {
  const [first, second] = [heap[a], heap[b]];
  if (!first || !second) return;
  heap[a] = second;
  heap[b] = first;
}

/** Resolves when no promise callback is pending. */
function drainMicrotasks(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
