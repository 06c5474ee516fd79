import type { DeliveryTrigger } from "../delivery/delivery-trigger.ts";
import type { MembershipUpdate } from "../shard-api/outbound-items.ts";
import type { Reader, Transaction } from "../storage/sql.ts";

/** Changes of memberships that the shards and realms of their accounts have yet to get (table `pending_membership_updates`). */
export class PendingMembershipUpdates {
  readonly #database: Reader;
  readonly #trigger: DeliveryTrigger;

  constructor(database: Reader, trigger: DeliveryTrigger) {
    this.#database = database;
    this.#trigger = trigger;
  }

  /** @returns the update's number */
  add(tx: Transaction, destination: string, update: MembershipUpdate): number {
    const { uid, group, to, change, by, time, version } = update;
    const row = tx.writeReturning<{ id: number }>(addQuery, destination, uid, group, to, change, by, time, version);
    if (!row) throw new Error("insert returned no row");
    this.#trigger.enqueued(tx, destination);
    return row.id;
  }

  isWaiting(id: number): boolean {
    const query = "select 1 one from pending_membership_updates where id = ?";
    return this.#database.first<{ one: number }>(query, id) !== null;
  }

  /** The oldest updates for a destination, in their order. */
  list(destination: string, most: number): { id: number; update: MembershipUpdate }[] {
    return this.#database
      .all<Omit<MembershipUpdate, "kind"> & { id: number }>(listQuery, destination, most)
      .map(({ id, ...update }) => ({ id, update: { kind: "membership-update", ...update } }));
  }

  waitingDestinations(): string[] {
    const query = "select distinct destination from pending_membership_updates";
    return this.#database.all<{ destination: string }>(query).map(({ destination }) => destination);
  }

  count(destination: string): number {
    const query = "select count(*) waiting from pending_membership_updates where destination = ?";
    return this.#database.one<{ waiting: number }>(query, destination).waiting;
  }

  delete(tx: Transaction, id: number): void {
    tx.write("delete from pending_membership_updates where id = ?", id);
  }
}

const addQuery = `insert into pending_membership_updates
    (destination, uid, group_address, member_address, change, by_address, time, version)
  values (?, ?, ?, ?, ?, ?, ?, ?) returning id`;
const listQuery = `select id, uid, group_address "group", member_address "to", change, by_address by, time, version
  from pending_membership_updates where destination = ? order by id limit ?`;
