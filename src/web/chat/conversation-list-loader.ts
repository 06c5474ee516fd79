import type { ChatStore } from "./chat-store.ts";
import { historyCommand } from "./command-builder.ts";
import { mergeGroups, mergeSummaries } from "./conversation-items.ts";
import { areConversationSummaries, areJoinedGroups, areThreadMessages } from "./protocol-guards.ts";
import { type Reply, replyData } from "./reply-parser.ts";
import { SingleFlight } from "./single-flight.ts";

/** Private conversations of the list: those with the latest messages. */
const conversationsShown = 1_000;
/** Groups whose last message is requested at the same time. */
const previewsAtOnce = 50;
/** The delay before a failed load is repeated, unless the server gives one. */
const retrySeconds = 5;

/** Loads the conversation list: private conversations, groups, and the last message of each. */
export class ConversationListLoader {
  readonly #store: ChatStore;
  readonly #request: (command: string) => Promise<Reply>;
  readonly #flights = new SingleFlight();
  #retry: ReturnType<typeof setTimeout> | undefined;

  /** @param request rejects with ConnectionLost */
  constructor(store: ChatStore, request: (command: string) => Promise<Reply>) {
    this.#store = store;
    this.#request = request;
  }

  refresh(): Promise<void> {
    return this.#flights.runFresh("list", () => this.#load());
  }

  async #load(): Promise<void> {
    clearTimeout(this.#retry);
    const [threadsReply, groupsReply] = await Promise.all([
      this.#request(`threads limit=${conversationsShown}`),
      this.#request("groups"),
    ]);
    const summaries = replyData(threadsReply, areConversationSummaries);
    const groups = replyData(groupsReply, areJoinedGroups);
    let { conversations } = this.#store.state;
    if (summaries) {
      const { finalStates } = this.#store;
      const current = summaries.map((each) => ({ ...each, last: finalStates.applyTo(each.last) }));
      conversations = mergeSummaries(conversations, current);
    }
    if (groups) conversations = mergeGroups(conversations, groups);
    const isComplete = summaries !== null && groups !== null;
    this.#store.update({ conversations, isListLoaded: isComplete || this.#store.state.isListLoaded });
    const delay = 1000 * (threadsReply.retryAfter ?? groupsReply.retryAfter ?? retrySeconds);
    if (!isComplete) this.#retry = setTimeout(() => void this.refresh(), delay);
    await this.#loadPreviews();
  }

  /** `groups` gives only the id of the newest message. */
  async #loadPreviews(): Promise<void> {
    const outdated = [...this.#store.state.conversations.values()].filter(
      ({ kind, role, newest, last }) => kind === "group" && role !== "invited" && newest > (last?.id ?? 0),
    );
    for (let start = 0; start < outdated.length; start += previewsAtOnce) {
      await Promise.all(
        outdated.slice(start, start + previewsAtOnce).map(async ({ kind, address }) => {
          const reply = await this.#request(historyCommand(kind, address, "last=1"));
          const [message] = replyData(reply, areThreadMessages) ?? [];
          if (message) this.#store.updateListItem(kind, address, message);
        }),
      );
    }
  }
}
