import type { FullAddress } from "../protocol/names.ts";

/**
 * The accounts with open sockets, by group. An account's groups are looked up once, so that a message costs the same however many
 * members its group has. Memory only.
 */
export class GroupSubscribers {
  readonly #groupsOf: (accountId: number) => FullAddress[];
  readonly #groups = new Map<number, FullAddress[]>();
  readonly #accounts = new Map<FullAddress, Set<number>>();

  constructor(groupsOf: (accountId: number) => FullAddress[]) {
    this.#groupsOf = groupsOf;
  }

  subscribersOf(group: FullAddress): ReadonlySet<number> {
    return this.#accounts.get(group) ?? noSubscribers;
  }

  /** An account has its first socket. */
  add(accountId: number): void {
    if (this.#groups.has(accountId)) return;
    const groups = this.#groupsOf(accountId);
    this.#groups.set(accountId, groups);
    for (const group of groups) this.#accounts.set(group, (this.#accounts.get(group) ?? new Set()).add(accountId));
  }

  /** An account has no socket any more. */
  remove(accountId: number): void {
    for (const group of this.#groups.get(accountId) ?? []) {
      const accounts = this.#accounts.get(group);
      accounts?.delete(accountId);
      if (accounts?.size === 0) this.#accounts.delete(group);
    }
    this.#groups.delete(accountId);
  }

  /** The groups of an account have changed. */
  refresh(accountId: number): void {
    if (!this.#groups.has(accountId)) return;
    this.remove(accountId);
    this.add(accountId);
  }
}

const noSubscribers: ReadonlySet<number> = new Set();
