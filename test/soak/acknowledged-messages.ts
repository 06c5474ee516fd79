import { systemName } from "../../src/protocol/names.ts";
import type { RestartingRealm } from "./restarting-realm.ts";
import { accountsPerRealm, openGroups, type RealmName } from "./soak-realms.ts";

/** Records every acknowledged message, and checks that each is stored exactly once. */
export class AcknowledgedMessages {
  /** Texts by mailbox or group, such as `mailbox 7@jakarta`. */
  readonly #texts = new Map<string, Set<string>>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(log: string, text: string): void {
    const texts = this.#texts.get(log) ?? new Set();
    this.#texts.set(log, texts.add(text));
    this.#count++;
  }

  /** Reads every mailbox and group. @returns a description of each lost, repeated or unknown message */
  async findProblems(realms: Record<RealmName, RestartingRealm>): Promise<string[]> {
    const problems: string[] = [];
    for (const realm of Object.values(realms)) {
      for (let account = 1; account <= accountsPerRealm; account++) {
        problems.push(...(await this.#compare(realm, account, "inbox", `mailbox ${account}@${realm.name}`)));
      }
      for (const group of openGroups) {
        problems.push(...(await this.#compare(realm, 1, `inboxgroup ${group}`, `group ${group}@${realm.name}`)));
      }
    }
    return problems;
  }

  async #compare(realm: RestartingRealm, account: number, line: string, log: string): Promise<string[]> {
    const { data } = await realm.sendUntilAnswered(account, line);
    const expected = this.#texts.get(log) ?? new Set();
    const found = new Map<string, number>();
    for (const { from, text } of data as { from: string; text: string }[]) {
      // The realm itself sends the notices of membership changes.
      if (!from.startsWith(`${systemName}@`)) found.set(text, (found.get(text) ?? 0) + 1);
    }
    const lost = [...expected].filter((text) => !found.has(text));
    const repeated = [...found].filter(([, times]) => times > 1).map(([text]) => text);
    const unknown = [...found.keys()].filter((text) => !expected.has(text));
    return [
      ...lost.map((text) => `${log}: ${text} is lost`),
      ...repeated.map((text) => `${log}: ${text} is stored more than once`),
      ...unknown.map((text) => `${log}: ${text} was never acknowledged`),
    ];
  }
}
