import type { Timer } from "../storage/clock.ts";
import { logError } from "../storage/log.ts";
import type { CommitScheduler } from "../storage/sql.ts";

/**
 * A lone write commits at once. While a commit is being made durable, a timer gathers the writes of one turn: on this runtime each
 * commit of its own costs the others more than the timer costs them.
 *
 * @param untilDurable resolves when everything that was committed so far is on disk
 */
export function commitScheduler(untilDurable: () => Promise<void>, timer: Timer): CommitScheduler {
  let undurableCommits = 0;
  const settle = async () => {
    try {
      await untilDurable();
    } catch (error) {
      logError("commit-not-durable", error);
    } finally {
      undurableCommits--;
    }
  };
  return (commit) => {
    const commitAndCount = () => {
      // Counted first: what `commit` leaves for the next transaction waits for the timer, and other requests run in between.
      undurableCommits++;
      commit();
      void settle();
    };
    if (undurableCommits === 0) queueMicrotask(commitAndCount);
    else timer(commitAndCount, 0);
  };
}
