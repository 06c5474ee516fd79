import { limits } from "../limits.ts";
import type { Chunk } from "../paging/chunk.ts";
import { accountPollOwner, type LongPolls } from "../paging/long-polls.ts";
import type { PageRange } from "../paging/page-range.ts";
import { pageReply } from "../paging/page-reply.ts";
import type { PageOptions } from "../protocol/commands.ts";
import type { Address } from "../protocol/names.ts";
import type { Answer } from "../protocol/replies.ts";
import { type AddressRouter, noSuchRealm } from "../shard-api/address-router.ts";
import type { Caller } from "../shard-api/caller.ts";
import type { ConversationStore } from "./conversation-store.ts";
import type { MessageLogStore } from "./message-log-store.ts";
import type { ReadMarkers } from "./read-markers.ts";

export interface ConversationCommandsDeps {
  router: AddressRouter;
  logs: MessageLogStore;
  conversations: ConversationStore;
  readMarkers: ReadMarkers;
  longPolls: LongPolls;
}

/** The commands that read private messages: `inbox`, `thread`, `threads`. */
export class ConversationCommands {
  readonly #deps: ConversationCommandsDeps;

  constructor(deps: ConversationCommandsDeps) {
    this.#deps = deps;
  }

  inbox({ accountId, address }: Caller, page: PageOptions): Promise<Answer> {
    const { logs, longPolls } = this.#deps;
    return longPolls.read(logs.source(accountId), page, accountPollOwner(address));
  }

  thread({ accountId, address }: Caller, other: Address, page: PageOptions): Promise<Answer> | Answer {
    const { conversations, longPolls, router } = this.#deps;
    const otherAddress = router.qualify(other);
    // A conversation stays readable when its realm is no longer a peer.
    const isKnown = router.routeTo(other) !== null || conversations.view(address, accountId, otherAddress) !== null;
    if (!isKnown) return noSuchRealm(other);
    return longPolls.read(conversations.source(address, accountId, otherAddress), page, accountPollOwner(address));
  }

  /** Which conversations there are is read at once; each chunk of summaries when the client has taken the one before. */
  threads(caller: Caller): Answer {
    const latest = this.#deps.conversations.latest(caller.address, caller.accountId);
    const next = (range: PageRange) => this.#summaries(caller, latest, range);
    return pageReply(next({ after: 0, until: latest.length, rows: latest.length }), next);
  }

  #summaries(
    { accountId, address }: Caller,
    latest: ReturnType<ConversationStore["latest"]>,
    { after, until, rows: wanted }: PageRange,
  ): Chunk {
    const { conversations, readMarkers } = this.#deps;
    const rows: string[] = [];
    let index = after;
    for (let chars = 0; index < until && (rows.length === 0 || chars <= limits.chunkMaxChars); index++) {
      const each = latest[index];
      const readUpTo = each ? readMarkers.get(accountId, "private", each.other) : 0;
      const summary = each && conversations.summarize(each, address, accountId, readUpTo);
      if (!summary) continue;
      rows.push(JSON.stringify(summary));
      chars += summary.last.text.length;
    }
    return { rows, rest: index < until ? { after: index, until, rows: wanted - rows.length } : null };
  }
}
