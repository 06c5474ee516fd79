import type { DomainEvent } from "../domain-events.ts";
import { splitAddress } from "../protocol/names.ts";
import type { CommitListener } from "../storage/event-dispatcher.ts";
import { logError } from "../storage/log.ts";
import type { GroupCommands } from "./group-commands.ts";
import type { Memberships } from "./memberships.ts";
import type { ReadYourWrites } from "./read-your-writes.ts";

type RemoteGroupMessageSent = Extract<DomainEvent, { type: "remote-group-message-sent" }>;

export interface AutoJoinDeps {
  memberships: Memberships;
  commands: Pick<GroupCommands, "join">;
  lastWrittenIds: ReadYourWrites;
}

/** Makes an account that has sent to an open group of another shard or realm a member of it. No request waits for that. */
export class AutoJoin {
  readonly #deps: AutoJoinDeps;
  /** Joins that are under way, by account and group. */
  readonly #joining = new Set<string>();

  constructor(deps: AutoJoinDeps) {
    this.#deps = deps;
  }

  readonly onCommit: CommitListener = (events) => {
    for (const event of events) if (event.type === "remote-group-message-sent") this.#messageSent(event);
  };

  #messageSent({ accountId, from, group, messageId }: RemoteGroupMessageSent): void {
    const { memberships, commands, lastWrittenIds } = this.#deps;
    if (messageId !== null) lastWrittenIds.note(group, messageId);
    const key = `${accountId} ${group}`;
    if (memberships.isMember(accountId, group) || this.#joining.has(key)) return;
    this.#joining.add(key);
    const { name } = splitAddress(from);
    commands
      .join({ accountId, name, address: from }, splitAddress(group))
      .catch((error) => logError("auto-join-failed", error, { group }))
      .finally(() => this.#joining.delete(key));
  }
}
