import { limits } from "../limits.ts";
import type { Chunk } from "../paging/chunk.ts";
import { accountPollOwner, type LongPolls } from "../paging/long-polls.ts";
import { type PageRange, pageRangeOf } from "../paging/page-range.ts";
import { pageReply } from "../paging/page-reply.ts";
import type { CommandOf, PageOptions } from "../protocol/commands.ts";
import { toJson } from "../protocol/json.ts";
import type { Address } from "../protocol/names.ts";
import type { Answer, ConversationSummary } from "../protocol/replies.ts";
import { type AddressRouter, noSuchRealm } from "../shard-api/address-router.ts";
import type { Caller } from "../shard-api/caller.ts";
import type { ConversationList, ListedConversation } from "./conversation-list.ts";
import type { ConversationStore } from "./conversation-store.ts";
import type { MessageLogStore } from "./message-log-store.ts";
import type { ReadMarkers } from "./read-markers.ts";

export interface ConversationCommandsDeps {
  router: AddressRouter;
  logs: MessageLogStore;
  conversations: ConversationStore;
  conversationList: ConversationList;
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

  /**
   * The conversations with the latest messages, or those before a position. Which they are is read at once; each chunk of
   * summaries when the client has taken the one before.
   */
  async threads(caller: Caller, options: CommandOf<"threads">["options"]): Promise<Answer> {
    const { conversationList } = this.#deps;
    const { accountId } = caller;
    await conversationList.refresh(accountId);
    const range = pageRangeOf(options, conversationList.lastPosition(accountId));
    const rows = options.limit ?? limits.conversationsPage;
    const listed = conversationList.list(accountId, { ...range, rows });
    const next = (rest: PageRange) => this.#summaries(caller, listed, rest);
    return pageReply(next({ after: 0, until: listed.length, rows: listed.length }), next);
  }

  #summaries(caller: Caller, listed: readonly ListedConversation[], { after, until, rows: wanted }: PageRange): Chunk {
    const rows: string[] = [];
    let index = after;
    for (let chars = 0; index < until && (rows.length === 0 || chars <= limits.chunkMaxChars); index++) {
      const each = listed[index];
      const summary = each && this.#summarize(caller, each);
      if (!summary) continue;
      rows.push(toJson(summary));
      chars += summary.last.text.length;
    }
    return { rows, rest: index < until ? { after: index, until, rows: wanted - rows.length } : null };
  }

  /** @returns null where retention has deleted its messages */
  #summarize(
    { accountId, address }: Caller,
    { position, conversationId }: ListedConversation,
  ): ConversationSummary | null {
    const { conversationList, conversations, readMarkers } = this.#deps;
    const view = conversations.viewById(conversationId, address, accountId);
    const newest = conversationList.newest(accountId, conversationId);
    const last = view && newest !== null && conversations.message(view, newest);
    if (!last) return null;
    const read = readMarkers.get(accountId, "private", view.other);
    // What the account has sent moves its read marker, so all messages after the marker are the other's.
    const unread = Math.max(0, last.id - Math.max(read, view.prunedUpTo));
    return { with: view.other, position, newest: last.id, read, unread, last };
  }
}
