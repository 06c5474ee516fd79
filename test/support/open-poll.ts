import type { Reply } from "./command.ts";

/**
 * Starts a long poll and lets it arrive: what is asked after it, on the same way, is answered first.
 *
 * @param say carries a line to the server
 * @param line has a `wait=`
 */
export async function openPoll(
  say: (line: string) => Promise<Reply>,
  line: string,
): Promise<{ answer: Promise<Reply & { at: number }> }> {
  const answer = say(line).then((reply) => ({ ...reply, at: performance.now() }));
  const around = line.replace(/wait=\d+/, "wait=0");
  for (let i = 0; i < 2; i++) await say(around);
  return { answer };
}
