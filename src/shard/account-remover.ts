import type { AccountBans } from "../accounts/account-bans.ts";
import type { AccountStore } from "../accounts/account-store.ts";
import type { Accounts } from "../accounts/accounts.ts";
import type { ResetCodes } from "../accounts/reset-codes.ts";
import type { Sessions } from "../accounts/sessions.ts";
import type { TokenStore } from "../accounts/token-store.ts";
import type { GroupCommands } from "../groups/group-commands.ts";
import type { Memberships } from "../groups/memberships.ts";
import { limits } from "../limits.ts";
import type { AccountCheckpoints } from "../messaging/account-checkpoints.ts";
import type { Blocks } from "../messaging/blocks.ts";
import type { ContactRequests } from "../messaging/contact-requests.ts";
import type { ConversationList } from "../messaging/conversation-list.ts";
import type { ConversationStore } from "../messaging/conversation-store.ts";
import type { MessageLogStore } from "../messaging/message-log-store.ts";
import type { ReadMarkers } from "../messaging/read-markers.ts";
import type { SentLog } from "../messaging/sent-log.ts";
import { splitAddress } from "../protocol/names.ts";
import { type Answer, textReply } from "../protocol/replies.ts";
import type { Caller } from "../shard-api/caller.ts";
import type { Clock } from "../storage/clock.ts";
import { logError } from "../storage/log.ts";
import type { UnitOfWork } from "../storage/unit-of-work.ts";
import type { AccountEmptier } from "./account-emptier.ts";

export interface AccountRemoverDeps {
  accounts: Accounts;
  store: AccountStore;
  bans: AccountBans;
  sessions: Sessions;
  tokens: TokenStore;
  resetCodes: ResetCodes;
  memberships: Memberships;
  groupCommands: GroupCommands;
  emptier: AccountEmptier;
  logs: MessageLogStore;
  sentLog: SentLog;
  conversations: ConversationStore;
  conversationList: ConversationList;
  checkpoints: AccountCheckpoints;
  readMarkers: ReadMarkers;
  blocks: Blocks;
  contactRequests: ContactRequests;
  unitOfWork: UnitOfWork;
  clock: Clock;
}

/**
 * Removes an account with everything that it has. What others have received of it stays theirs. Removal takes several steps, and the
 * account itself goes last: where a step fails, its owner repeats the command.
 */
export class AccountRemover {
  readonly #deps: AccountRemoverDeps;

  constructor(deps: AccountRemoverDeps) {
    this.#deps = deps;
  }

  /** Answers `unregister`. */
  async remove(caller: Caller, password: string): Promise<Answer> {
    const { accounts, emptier } = this.#deps;
    const account = await accounts.checkOwnPassword(caller.name, password);
    if ("error" in account) return account;
    await this.#leaveGroups(caller);
    while ((await emptier.empty(caller.name))?.more) {
      // The next part.
    }
    await this.#removeRest(caller);
    return textReply("unregistered", { name: caller.name });
  }

  /** Groups that the account owns pass on to their next members. */
  async #leaveGroups(caller: Caller): Promise<void> {
    const { groupCommands, memberships } = this.#deps;
    for (const group of memberships.groupsOf(caller.accountId)) {
      await groupCommands
        .leave(caller, splitAddress(group))
        .catch((error) => logError("group-not-left", error, { group }));
    }
  }

  #removeRest({ accountId, name, address }: Caller): Promise<void> {
    const { bans, blocks, checkpoints, contactRequests, clock, conversationList, conversations, logs, memberships } =
      this.#deps;
    const { readMarkers, resetCodes, sentLog, sessions, store, tokens, unitOfWork } = this.#deps;
    return unitOfWork.run((tx) => {
      sessions.endOthers(tx, accountId, null);
      tokens.revokeAll(tx, accountId);
      resetCodes.forget(tx, accountId);
      blocks.forget(tx, accountId);
      contactRequests.drop(tx, accountId, null);
      memberships.forget(tx, accountId);
      readMarkers.forget(tx, accountId);
      conversationList.forget(tx, accountId);
      conversations.forget(tx, address);
      checkpoints.forget(tx, accountId);
      sentLog.forget(tx, accountId);
      bans.set(tx, accountId, null, clock());
      store.remove(tx, accountId, name, clock() + limits.nameReservedMs);
      // What has arrived since is deleted with the mailbox.
      logs.drop(tx, accountId);
    });
  }
}
