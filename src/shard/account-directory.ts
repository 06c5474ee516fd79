import type { AccountBans } from "../accounts/account-bans.ts";
import type { AccountStore } from "../accounts/account-store.ts";
import type { Sessions } from "../accounts/sessions.ts";
import type { TokenStore } from "../accounts/token-store.ts";
import { limits } from "../limits.ts";
import type { SocketRegistry } from "../live/socket-registry.ts";
import type { MailboxLookup } from "../messaging/mailbox-lookup.ts";
import type { MailboxWriter } from "../messaging/mailbox-writer.ts";
import type { Name } from "../protocol/names.ts";
import type { AccountRow, ReportPage, ShardStats } from "../shard-api/shard-api.ts";
import { type Clock, nextTurn, type Timer } from "../storage/clock.ts";
import type { UnitOfWork } from "../storage/unit-of-work.ts";
import type { ShardReports } from "./cross-store-queries.ts";

export interface AccountDirectoryDeps {
  reports: ShardReports;
  unitOfWork: UnitOfWork;
  store: AccountStore;
  bans: AccountBans;
  sessions: Sessions;
  tokens: TokenStore;
  mailboxes: MailboxLookup;
  mailboxWriter: MailboxWriter;
  registry: SocketRegistry;
  clock: Clock;
  timer: Timer;
}

/** What the operator sees of this shard's accounts, and does to them. */
export class AccountDirectory {
  readonly #deps: AccountDirectoryDeps;

  constructor(deps: AccountDirectoryDeps) {
    this.#deps = deps;
  }

  /** Bans an account and ends its sessions and tokens, or ends its ban. @returns false: there is no such account */
  async ban(name: Name, reason: string | null): Promise<boolean> {
    const { bans, clock, sessions, store, tokens, unitOfWork } = this.#deps;
    const account = store.find(name);
    if (!account) return false;
    await unitOfWork.run((tx) => {
      bans.set(tx, account.id, reason, clock());
      if (reason === null) return;
      tokens.revokeAll(tx, account.id);
      sessions.endOthers(tx, account.id, null);
    });
    return true;
  }

  isBanned(name: Name): boolean {
    const account = this.#deps.store.find(name);
    return account !== null && this.#deps.bans.reasonOf(account.id) !== null;
  }

  /** @returns false: there is no such account */
  async setOperator(name: Name, isOperator: boolean): Promise<boolean> {
    const { store, unitOfWork } = this.#deps;
    const account = store.find(name);
    if (account) await unitOfWork.run((tx) => store.setOperator(tx, account.id, isOperator));
    return account !== null;
  }

  isOperator(accountId: number): boolean {
    return this.#deps.store.isOperator(accountId);
  }

  /** Accounts after a name, in the order of their names. */
  list({ past, limit }: ReportPage): AccountRow[] {
    return this.#deps.reports.list(past, limit);
  }

  /** The banned accounts and the operators: they are few. */
  listSpecial(): AccountRow[] {
    return this.#deps.reports.listSpecial();
  }

  stats(): ShardStats {
    const { registry, reports, unitOfWork } = this.#deps;
    return { ...reports.sizes(), ...unitOfWork.counts, sockets: registry.all().length };
  }

  /** Stores a notice of the system in every mailbox. Other requests run between two commits. @returns the number of mailboxes */
  async notify(text: string, uid: string): Promise<number> {
    const { mailboxes, mailboxWriter, store, timer, unitOfWork } = this.#deps;
    let notified = 0;
    for (let after = 0; ; ) {
      const ids = store.idsAfter(after, limits.noticesPerCommit);
      const last = ids.at(-1);
      if (last === undefined) return notified;
      after = last;
      await unitOfWork.run((tx) => {
        for (const id of ids) {
          const address = mailboxes.addressOfMailbox(id);
          if (address && mailboxWriter.storeNotice(tx, id, address, text, uid) === "stored") notified++;
        }
      });
      await nextTurn(timer);
    }
  }
}
