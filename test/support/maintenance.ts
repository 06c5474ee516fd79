import { Maintenance, type MaintenanceDeps } from "../../src/shard/maintenance.ts";
import { Retention } from "../../src/shard/retention.ts";
import { ShardInfoStore } from "../../src/shard/shard-info-store.ts";
import { AlarmSchedule } from "../../src/storage/alarm-schedule.ts";
import { openMessaging } from "./messaging.ts";
import type { MemoryDatabase } from "./sqlite.ts";

type Stored = Pick<MemoryDatabase, "database" | "unitOfWork">;

/** The retention of a shard of surabaya. @param days `RETENTION_DAYS`; null: messages are kept for ever */
export function openRetention({ database, unitOfWork }: Stored, days: number | null) {
  const messaging = openMessaging({ database, unitOfWork }, Date.now);
  const { logs } = messaging;
  const retention = new Retention({
    ...messaging,
    info: new ShardInfoStore(database),
    days,
    clock: Date.now,
    presentOf: (time) => time,
  });
  return { logs, retention };
}

/** Maintenance with nothing due but retention. @param parts replace its own */
export function openMaintenance(
  { database, unitOfWork }: Stored,
  days: number | null,
  parts: Partial<MaintenanceDeps> & Pick<MaintenanceDeps, "timer">,
) {
  const { logs, retention } = openRetention({ database, unitOfWork }, days);
  const maintenance = new Maintenance({
    alarm: new AlarmSchedule({ get: async () => null, set: async () => {} }),
    unitOfWork,
    queues: [],
    liveConnections: { closeExpired: () => {}, nextDue: () => null },
    retention,
    logs,
    clock: Date.now,
    clockHistory: null,
    ...parts,
  });
  return { logs, maintenance };
}
