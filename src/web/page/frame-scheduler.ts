/** A browser lets a timer of a hidden page fire once a second at most. */
const hiddenDelayMs = 250;

/**
 * Runs work in the next frame, so that changes that come together are rendered once. A hidden page has no frames; there a
 * timer takes their place.
 */
export class FrameScheduler {
  #work: (() => void)[] = [];
  #isInFrame = false;
  #cancel: () => void = () => {};

  constructor() {
    // A frame that was requested before the page was hidden does not come.
    document.addEventListener("visibilitychange", () => this.#work.length > 0 && this.#request());
  }

  next(work: () => void): void {
    this.#work.push(work);
    if (this.#work.length === 1) this.#request();
  }

  /** In the frame that is being made, or else in the next one. */
  soon(work: () => void): void {
    if (this.#isInFrame) work();
    else this.next(work);
  }

  #request(): void {
    this.#cancel();
    const run = () => this.#run();
    if (document.visibilityState === "visible") {
      const frame = requestAnimationFrame(run);
      this.#cancel = () => cancelAnimationFrame(frame);
    } else {
      const timer = setTimeout(run, hiddenDelayMs);
      this.#cancel = () => clearTimeout(timer);
    }
  }

  #run(): void {
    this.#isInFrame = true;
    for (const work of this.#work.splice(0)) work();
    this.#isInFrame = false;
  }
}

export const frames = new FrameScheduler();
