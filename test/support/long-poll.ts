import type { Reply } from "./command.ts";

/**
 * Starts a long poll and returns once it is open. Two later commands without a wait pass through the same Worker and shard, so
 * their answers show that the poll has arrived.
 *
 * @param send sends one command line to the server
 * @param line a command line with `wait=`
 */
export async function startLongPoll(
  send: (line: string) => Promise<Reply>,
  line: string,
): Promise<{ answer: Promise<Reply & { at: number }> }> {
  const answer = send(line).then((reply) => ({ ...reply, at: performance.now() }));
  const withoutWait = line.replace(/wait=\d+/, "wait=0");
  for (let i = 0; i < 2; i++) await send(withoutWait);
  return { answer };
}
