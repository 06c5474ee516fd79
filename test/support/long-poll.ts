import type { Reply } from "./command.ts";

/**
 * Starts a long poll and returns once it is open. Two later reads without a wait pass through the same Worker and shard, so
 * their answers show that the poll has arrived.
 *
 * @param read reads with `wait=` of so many seconds
 * @param waitSeconds of the long poll
 */
export async function openLongPoll<T>(
  read: (waitSeconds: number) => Promise<T>,
  waitSeconds: number,
): Promise<{ answer: Promise<T> }> {
  const answer = read(waitSeconds);
  for (let i = 0; i < 2; i++) await read(0);
  return { answer };
}

/**
 * Starts a long poll by a command, as `openLongPoll` does.
 *
 * @param send sends one command line to the server
 * @param line a command line with `wait=`
 */
export function startLongPoll(
  send: (line: string) => Promise<Reply>,
  line: string,
): Promise<{ answer: Promise<Reply & { at: number }> }> {
  const waitSeconds = Number(/wait=(\d+)/.exec(line)?.[1]);
  return openLongPoll(async (wait) => {
    const reply = await send(line.replace(/wait=\d+/, `wait=${wait}`));
    return { ...reply, at: performance.now() };
  }, waitSeconds);
}
