import type { Blocks } from "../messaging/blocks.ts";
import type { MailboxLookup } from "../messaging/mailbox-lookup.ts";
import type { MailboxWriter } from "../messaging/mailbox-writer.ts";
import { type FullAddress, splitAddress } from "../protocol/names.ts";
import { membershipNotice } from "../protocol/texts.ts";
import type { AddressRouter } from "../shard-api/address-router.ts";
import type { MembershipUpdate } from "../shard-api/outbound-items.ts";
import type { Transaction } from "../storage/sql.ts";
import type { Memberships } from "./memberships.ts";

export interface MembershipUpdateReceiverDeps {
  router: AddressRouter;
  mailboxes: MailboxLookup;
  mailboxWriter: MailboxWriter;
  blocks: Blocks;
  memberships: Memberships;
}

/** Applies to an account of this shard what others have changed in its membership. */
export class MembershipUpdateReceiver {
  readonly #deps: MembershipUpdateReceiverDeps;

  constructor(deps: MembershipUpdateReceiverDeps) {
    this.#deps = deps;
  }

  /**
   * Applies an update once for each uid, and puts a notice into the inbox. An update that does not fit what the account has done is
   * dropped: a realm elsewhere could otherwise write notices at will, and make members of accounts that it has only invited.
   *
   * @returns false where there is no such account
   */
  apply(tx: Transaction, update: MembershipUpdate): boolean {
    const { uid, group, to, change, version, by } = update;
    const { blocks, mailboxes, mailboxWriter, memberships } = this.#deps;
    const accountId = mailboxes.find(to);
    if (accountId === null) return false;
    if (!this.#isExpected(accountId, update)) return true;
    if (change === "invited" && blocks.isBlocked(accountId, by)) return true;
    const stored = mailboxWriter.storeNotice(tx, accountId, to, this.#noticeOf(update), `${group} ${uid}`);
    if (stored === "duplicate") return true;
    switch (change) {
      case "invited":
        memberships.applyInvitation(tx, accountId, group, version);
        break;
      case "removed":
        memberships.applyRemoval(tx, accountId, group, version);
        break;
      case "owner":
        memberships.set(tx, accountId, group, "owner", version);
        break;
    }
    return true;
  }

  #isExpected(accountId: number, { group, change, version }: MembershipUpdate): boolean {
    const { memberships } = this.#deps;
    const role = memberships.roleOf(accountId, group);
    switch (change) {
      case "invited":
        return (
          !this.#isElsewhere(group) || (role !== "invited" && memberships.acceptsInvitation(accountId, group, version))
        );
      case "removed":
        return role !== null;
      case "owner":
        return role !== null && (role !== "invited" || !this.#isElsewhere(group));
    }
  }

  /** What a realm elsewhere says is its claim, and it cannot speak for accounts of other realms. */
  #noticeOf({ change, group, by }: MembershipUpdate): string {
    if (!this.#isElsewhere(group)) return membershipNotice(change, group, by, null);
    const { realm } = splitAddress(group);
    return membershipNotice(change, group, splitAddress(by).realm === realm ? by : null, realm);
  }

  /** Whether a group is of a realm of another deployment. */
  #isElsewhere(group: FullAddress): boolean {
    return this.#deps.router.routeToGroup(group).isReplica;
  }
}
