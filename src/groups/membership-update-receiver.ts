import type { MailboxLookup } from "../messaging/mailbox-lookup.ts";
import type { MailboxWriter } from "../messaging/mailbox-writer.ts";
import { splitAddress } from "../protocol/names.ts";
import { membershipNotice } from "../protocol/texts.ts";
import type { MembershipUpdate } from "../shard-api/outbound-items.ts";
import type { Transaction } from "../storage/sql.ts";
import type { Memberships } from "./memberships.ts";

export interface MembershipUpdateReceiverDeps {
  mailboxes: MailboxLookup;
  mailboxWriter: MailboxWriter;
  memberships: Memberships;
}

/** Applies to an account of this shard what others have changed in its membership. */
export class MembershipUpdateReceiver {
  readonly #deps: MembershipUpdateReceiverDeps;

  constructor(deps: MembershipUpdateReceiverDeps) {
    this.#deps = deps;
  }

  /** Applies an update once for each uid, and puts a notice into the inbox. @returns false where there is no such account */
  apply(tx: Transaction, update: MembershipUpdate): boolean {
    const { uid, group, to, change, by, version } = update;
    const { mailboxes, mailboxWriter, memberships } = this.#deps;
    const accountId = mailboxes.find(to);
    if (accountId === null) return false;
    const text = membershipNotice(change, group, by);
    if (!mailboxWriter.storeNotice(tx, accountId, to, text, `${group} ${uid}`)) return true;
    switch (change) {
      case "invited":
        memberships.applyInvitation(tx, accountId, group, version);
        break;
      case "removed":
        memberships.applyRemoval(tx, accountId, group, version);
        break;
      case "owner":
        if (this.#mayOwn(accountId, update)) memberships.set(tx, accountId, group, "owner", version);
        break;
    }
    return true;
  }

  /** A realm elsewhere could otherwise make members of accounts that it has only invited, and use up their places. */
  #mayOwn(accountId: number, { group, to }: MembershipUpdate): boolean {
    const role = this.#deps.memberships.roleOf(accountId, group);
    const isOwnRealm = splitAddress(group).realm === splitAddress(to).realm;
    return role !== null && (isOwnRealm || role !== "invited");
  }
}
