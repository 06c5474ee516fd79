import { systemName } from "../../src/protocol/names.ts";
import { groups, people, type Realm, type RealmName } from "./soak-fixture.ts";

/** What was acknowledged, and where it has to be found: once each. */
export class Ledger {
  /** Texts by mailbox or group, such as `mailbox 7@jakarta`. */
  readonly #acknowledged = new Map<string, Set<string>>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  acknowledge(log: string, text: string): void {
    const texts = this.#acknowledged.get(log) ?? new Set();
    this.#acknowledged.set(log, texts.add(text));
    this.#count++;
  }

  /** Reads every mailbox and group of the world. @returns what is wrong, in words */
  async faults(world: Record<RealmName, Realm>): Promise<string[]> {
    const faults: string[] = [];
    for (const realm of Object.values(world)) {
      for (let name = 1; name <= people; name++) {
        faults.push(...(await this.#compare(realm, name, "inbox", `mailbox ${name}@${realm.name}`)));
      }
      for (const group of groups) {
        faults.push(...(await this.#compare(realm, 1, `inboxgroup ${group}`, `group ${group}@${realm.name}`)));
      }
    }
    return faults;
  }

  async #compare(realm: Realm, name: number, line: string, log: string): Promise<string[]> {
    const { data } = await realm.insist(name, line);
    const expected = this.#acknowledged.get(log) ?? new Set();
    const found = new Map<string, number>();
    for (const { from, text } of data as { from: string; text: string }[]) {
      // Notices of memberships are the realm's, and nobody's message.
      if (!from.startsWith(`${systemName}@`)) found.set(text, (found.get(text) ?? 0) + 1);
    }
    const lost = [...expected].filter((text) => !found.has(text));
    const twice = [...found].filter(([, times]) => times > 1).map(([text]) => text);
    const unknown = [...found.keys()].filter((text) => !expected.has(text));
    return [
      ...lost.map((text) => `${log}: ${text} is lost`),
      ...twice.map((text) => `${log}: ${text} is there twice`),
      ...unknown.map((text) => `${log}: ${text} was never acknowledged`),
    ];
  }
}
