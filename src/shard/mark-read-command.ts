import type { GroupSummaries } from "../groups/group-summaries.ts";
import type { Memberships } from "../groups/memberships.ts";
import type { ConversationStore } from "../messaging/conversation-store.ts";
import type { ReadMarkers } from "../messaging/read-markers.ts";
import type { CommandOf } from "../protocol/commands.ts";
import { type Answer, failure, textReply } from "../protocol/replies.ts";
import { type AddressRouter, noSuchRealm } from "../shard-api/address-router.ts";
import type { Caller } from "../shard-api/caller.ts";
import type { UnitOfWork } from "../storage/unit-of-work.ts";

export interface MarkReadCommandDeps {
  router: AddressRouter;
  unitOfWork: UnitOfWork;
  conversations: ConversationStore;
  memberships: Memberships;
  summaries: GroupSummaries;
  readMarkers: ReadMarkers;
}

/** The command `read`: an account notes how far it has read a conversation or a group. */
export class MarkReadCommand {
  readonly #deps: MarkReadCommandDeps;

  constructor(deps: MarkReadCommandDeps) {
    this.#deps = deps;
  }

  /** Without `kind=`, a group that the account is a member of goes before an account of the same name. */
  async execute({ accountId, address }: Caller, command: CommandOf<"read">): Promise<Answer> {
    const { conversations, memberships, readMarkers, router, summaries, unitOfWork } = this.#deps;
    const other = router.qualify(command.address);
    const isMember = memberships.isMember(accountId, other);
    const view = () => conversations.view(address, accountId, other);
    const isKnown = router.routeTo(command.address) !== null || isMember || view() !== null;
    if (!isKnown) return noSuchRealm(command.address);
    const kind = command.options.kind ?? (isMember ? "group" : "private");
    if (kind === "group" && !isMember) return failure("no-such-group", { address: other });
    const newest = kind === "group" ? await summaries.newestOf(other, address) : conversations.newestVisible(view());
    if (typeof newest !== "number") return newest;
    if (kind === "private" && newest === 0) return failure("no-such-conversation", { address: other });
    // A marker beyond the newest message would hide messages that do not exist yet.
    const messageId = Math.min(command.id, newest);
    await unitOfWork.run((tx) => readMarkers.advance(tx, accountId, kind, other, messageId));
    return textReply("read-noted", { id: readMarkers.get(accountId, kind, other) });
  }
}
