import type { CommandName } from "../protocol/commands.ts";
import { type Answer, httpStatusOf } from "../protocol/replies.ts";
import { Counters } from "../storage/counters.ts";
import { logRequest } from "../storage/log.ts";

/** Upper bounds in seconds: from a send in memory to a long poll. */
const bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5, 10, 30] as const;

/** The requests of one process or Worker isolate since its start. */
class RequestMetrics {
  /** By command and error code, or `ok`, with a space between. */
  readonly counts = new Counters<string>();
  /** How many took at most so long; the last is for all others. */
  readonly #buckets = new Array<number>(bounds.length + 1).fill(0);
  #seconds = 0;
  #requests = 0;

  /** @param command null: the line was none */
  note(command: CommandName | "commands" | null, code: string, seconds: number): void {
    this.counts.add(`${command ?? "none"} ${code}`);
    const index = bounds.findIndex((bound) => seconds <= bound);
    const bucket = index === -1 ? bounds.length : index;
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
    this.#seconds += seconds;
    this.#requests++;
  }

  get histogram(): { buckets: { le: string; count: number }[]; sum: number; count: number } {
    let count = 0;
    const buckets = this.#buckets.map((each, index) => {
      count += each;
      return { le: index < bounds.length ? String(bounds[index]) : "+Inf", count };
    });
    return { buckets, sum: this.#seconds, count: this.#requests };
  }
}

export const requestMetrics = new RequestMetrics();

/** Measures a command from its line to its answer. A Worker's clock stands still while it computes, so there it shows waits only. */
export function measured(logs: boolean): (command: CommandName | null, answer: Answer) => Answer {
  const start = performance.now();
  return (command, answer) => {
    const ms = performance.now() - start;
    const code = answer.kind === "failure" ? answer.error : "ok";
    requestMetrics.note(command, code, ms / 1000);
    if (logs)
      logRequest({ command: command ?? "none", code, status: httpStatusOf(answer), ms: Math.round(ms * 10) / 10 });
    return answer;
  };
}
