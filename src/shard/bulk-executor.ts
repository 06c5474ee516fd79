import { limits } from "../limits.ts";
import { type Answer, type Failure, failure, frameLiveReply, isSuccess, replyTerminator } from "../protocol/replies.ts";
import type { Language } from "../protocol/texts.ts";
import type { BulkItem } from "../shard-api/shard-api.ts";
import { byteStream } from "../storage/byte-stream.ts";
import { logError } from "../storage/log.ts";
import type { CommandSender } from "./command-executor.ts";

type ReplyParts = AsyncGenerator<string | ReadableStream<Uint8Array>>;

/**
 * Executes the commands of one bulk request in their order, and answers each in one stream. Consecutive sends start together, so
 * that few commits carry them; every other command waits for those before it. A client that stops reading stops the rest.
 */
export class BulkExecutor {
  /** @param stopOnError no command starts before the one before it has succeeded */
  execute(
    items: BulkItem[],
    sender: CommandSender,
    language: Language,
    stopOnError: boolean,
  ): ReadableStream<Uint8Array> {
    return byteStream(this.#replies(items, sender, language, stopOnError));
  }

  async *#replies(items: BulkItem[], sender: CommandSender, language: Language, stopOnError: boolean): ReplyParts {
    // The lines after the first one that exceeds the account's rate are refused with it: none overtakes another.
    let refusal: Promise<Failure> | null = null;
    for (let index = 0; index < items.length; ) {
      const run = stopOnError ? items.slice(index, index + 1) : runFrom(items, index);
      index += run.length;
      const started = run.map((item) => {
        refusal ??= sender.admit("command" in item ? item.command : null);
        return refusal ?? start(item, sender);
      });
      // Replies that are ready leave together.
      let text = "";
      for (const answer of await Promise.all(started)) {
        if (answer.kind === "stream") {
          if (text) yield text;
          text = "";
          yield answer.body;
        } else text += `${await frameLiveReply(answer, language)}${replyTerminator}`;
        if (text.length > limits.chunkMaxChars) {
          yield text;
          text = "";
        }
        if (stopOnError && !isSuccess(answer)) {
          yield text;
          return;
        }
      }
      if (text) yield text;
    }
  }
}

async function start(item: BulkItem, sender: CommandSender): Promise<Answer> {
  if ("answer" in item) return item.answer;
  try {
    return await sender.execute(item.command);
  } catch (error) {
    logError("bulk-command-failed", error, { command: item.command.name });
    return failure("internal");
  }
}

/** The consecutive sends from an index on, or the one item there. */
function runFrom(items: BulkItem[], start: number): BulkItem[] {
  const most = Math.min(items.length, start + limits.bulkConcurrentSends);
  let end = start;
  while (end < most && mayStartEarly(items[end])) end++;
  return items.slice(start, Math.max(end, start + 1));
}

/** Whether an item may start before those before it have ended: sends are ordered by their start. */
function mayStartEarly(item: BulkItem | undefined): boolean {
  if (!item || "answer" in item) return true;
  return item.command.name === "sendprivate" || item.command.name === "sendgroup";
}
