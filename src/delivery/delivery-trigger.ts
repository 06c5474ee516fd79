import type { QueueName } from "../domain-events.ts";
import { limits } from "../limits.ts";
import type { AlarmSchedule } from "../storage/alarm-schedule.ts";
import type { Clock } from "../storage/clock.ts";
import type { Transaction } from "../storage/sql.ts";
import type { DestinationStore } from "./destination-store.ts";
import { attemptDue } from "./retry-policy.ts";

export interface DeliveryTriggerDeps {
  queue: QueueName;
  destinations: DestinationStore;
  alarm: AlarmSchedule;
  clock: Clock;
}

/** Makes sure that what is put into an outbox leaves it: at once by an event, and by the alarm if the shard dies before. */
export class DeliveryTrigger {
  readonly #deps: DeliveryTriggerDeps;

  constructor(deps: DeliveryTriggerDeps) {
    this.#deps = deps;
  }

  /** Must be called in the transaction that has put an item for `destination` into the outbox. */
  enqueued(tx: Transaction, destination: string): void {
    const { queue, destinations, alarm, clock } = this.#deps;
    tx.emit({ type: "outbound-queued", queue, destination });
    const now = clock();
    alarm.schedule(tx, Math.max(attemptDue(destinations.get(destination), now), now + limits.deliveryRescueMs));
  }
}
