import type { FullAddress } from "../protocol/names.ts";

/**
 * Which accounts with open sockets belong to a group. It is memory only: whoever has a socket is looked up once, when a
 * group first has something to tell, so that a message costs the same however many members a group has.
 */
export class Audience {
  readonly #groupsOf: (account: number) => FullAddress[];
  readonly #known = new Map<number, FullAddress[]>();
  readonly #byGroup = new Map<FullAddress, Set<number>>();

  constructor(groupsOf: (account: number) => FullAddress[]) {
    this.#groupsOf = groupsOf;
  }

  of(group: FullAddress): ReadonlySet<number> {
    return this.#byGroup.get(group) ?? nobody;
  }

  /** An account has a socket. */
  come(account: number): void {
    if (this.#known.has(account)) return;
    const groups = this.#groupsOf(account);
    this.#known.set(account, groups);
    for (const group of groups) this.#byGroup.set(group, (this.#byGroup.get(group) ?? new Set()).add(account));
  }

  /** An account has no socket any more. */
  leave(account: number): void {
    for (const group of this.#known.get(account) ?? []) {
      const those = this.#byGroup.get(group);
      those?.delete(account);
      if (those?.size === 0) this.#byGroup.delete(group);
    }
    this.#known.delete(account);
  }

  /** The groups of an account have changed. */
  changed(account: number): void {
    if (!this.#known.has(account)) return;
    this.leave(account);
    this.come(account);
  }
}

const nobody: ReadonlySet<number> = new Set();
