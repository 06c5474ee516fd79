import type { RealmName } from "../protocol/names.ts";
import type { RealmRule } from "../shard-api/shard-api.ts";
import type { Reader, Transaction } from "../storage/sql.ts";

/** What the operator has closed for a while. Each level includes those below it. */
export const lockdownLevels = { open: 0, noRegistrations: 1, noStrangeRealms: 2, noLogins: 3 } as const;

export interface RealmBan {
  realm: RealmName;
  reason: string;
  bannedAt: number;
}

/**
 * The operator's rules for the whole realm: its lockdown, and banned realms (tables `realm_rules` and `banned_realms`). Every shard
 * has a copy, so that a command asks nobody.
 */
export class RealmRules {
  readonly #database: Reader;
  #loaded: { lockdown: number; banned: ReadonlySet<RealmName> } | null = null;

  constructor(database: Reader) {
    this.#database = database;
  }

  get lockdown(): number {
    return this.#load().lockdown;
  }

  isBanned(realm: RealmName): boolean {
    return this.#load().banned.has(realm);
  }

  bans(): RealmBan[] {
    return this.#database.all<RealmBan>("select realm, reason, banned_at bannedAt from banned_realms order by realm");
  }

  apply(tx: Transaction, rule: RealmRule, now: number): void {
    switch (rule.kind) {
      case "lockdown":
        tx.write("insert or replace into realm_rules values ('lockdown', ?)", String(rule.level));
        break;
      case "ban":
        tx.write("insert or replace into banned_realms values (?, ?, ?)", rule.realm, rule.reason, now);
        break;
      case "unban":
        tx.write("delete from banned_realms where realm = ?", rule.realm);
        break;
    }
    // The next look reads what was committed.
    this.#loaded = null;
    tx.onRollback(() => {
      this.#loaded = null;
    });
  }

  #load() {
    if (!this.#loaded) {
      const query = "select value from realm_rules where name = 'lockdown'";
      const lockdown = Number(this.#database.first<{ value: string }>(query)?.value ?? lockdownLevels.open);
      this.#loaded = { lockdown, banned: new Set(this.bans().map(({ realm }) => realm)) };
    }
    return this.#loaded;
  }
}
