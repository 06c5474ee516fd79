import type { SessionClaim } from "../accounts/session-token.ts";
import { limits } from "../limits.ts";
import type { UserCommand } from "../protocol/commands.ts";
import { type Answer, failure, frameLiveReply, isOk, terminator } from "../protocol/replies.ts";
import type { Language } from "../protocol/texts.ts";
import { byteStream } from "../storage/byte-streams.ts";
import type { Rooms } from "./composition.ts";
import { execute } from "./execute-command.ts";

/** One line of many: a command, or what it is answered already since it is none. */
export type BulkItem = { command: UserCommand } | { answer: Answer };

/**
 * Carries out commands in their order and answers each, as one stream. Sends that stand together are begun together, so that
 * few commits carry them; everything else waits for what stands before it. Whoever stops reading stops the rest.
 *
 * @param stopsOnError nothing is begun before what stands before it has succeeded
 */
export function executeAll(
  rooms: Rooms,
  items: BulkItem[],
  claim: SessionClaim,
  language: Language,
  stopsOnError: boolean,
): ReadableStream<Uint8Array> {
  return byteStream(replies(rooms, items, claim, language, stopsOnError));
}

async function* replies(
  rooms: Rooms,
  items: BulkItem[],
  claim: SessionClaim,
  language: Language,
  stopsOnError: boolean,
): AsyncGenerator<string | ReadableStream<Uint8Array>> {
  for (let at = 0; at < items.length; ) {
    const part = stopsOnError ? items.slice(at, at + 1) : runAt(items, at);
    at += part.length;
    const begun = part.map((item) => begin(rooms, item, claim));
    // Each is framed when its turn comes; replies that are ready go out together.
    let text = "";
    for (const answer of await Promise.all(begun)) {
      if (answer.kind === "stream") {
        if (text) yield text;
        text = "";
        yield answer.body;
      } else text += `${await frameLiveReply(answer, language)}${terminator}`;
      if (stopsOnError && !isOk(answer)) {
        yield text;
        return;
      }
    }
    if (text) yield text;
  }
}

/** The sends that stand together from `at` on, or the one item that stands there. */
function runAt(items: BulkItem[], at: number): BulkItem[] {
  const most = Math.min(items.length, at + limits.bulkConcurrentSends);
  let end = at;
  while (end < most && isSend(items[end])) end++;
  return items.slice(at, Math.max(end, at + 1));
}

/** Whether an item may begin before those before it have ended: their order is that of their beginnings. */
function isSend(item: BulkItem | undefined): boolean {
  if (!item || "answer" in item) return true;
  return item.command.name === "sendprivate" || item.command.name === "sendgroup";
}

async function begin(rooms: Rooms, item: BulkItem, claim: SessionClaim): Promise<Answer> {
  if ("answer" in item) return item.answer;
  try {
    return await execute(rooms, item.command, claim);
  } catch (error) {
    console.error({ event: "line-failed", command: item.command.name, error: String(error) });
    return failure("internal");
  }
}
