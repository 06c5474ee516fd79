import type { Bindings } from "../../src/cloudflare/bindings.ts";
import app, { PasswordHasher as BasePasswordHasher, RealmShard as BaseRealmShard } from "../../src/index.ts";
import type { Cost } from "../support/cost.ts";

/**
 * The deployed Worker with counters: the same app and the same Durable Objects, with their calls and storage counted.
 * `GET /meter` returns the counts since the last read, one for each object and one for the Worker.
 */
interface Meter extends Pick<Cost, "calls" | "frames" | "alarmRuns"> {
  /** Alarms that were set. Each counts as one written row. */
  alarmsSet: number;
  cursors: Pick<SqlStorageCursor<never>, "rowsRead" | "rowsWritten">[];
}

/** Counters by object name. Local objects of one Worker share its isolate, and so this map. */
const meters = new Map<string, Meter>();
let requests = 0;

function meterOf(name: string): Meter {
  const meter = meters.get(name) ?? { calls: 0, frames: 0, alarmRuns: 0, alarmsSet: 0, cursors: [] };
  meters.set(name, meter);
  return meter;
}

/** Keeps every cursor, because its row counts are final only after the last read. */
function meterStorage({ storage, id }: DurableObjectState): void {
  const { sql } = storage;
  const exec = sql.exec.bind(sql);
  const setAlarm = storage.setAlarm.bind(storage);
  Object.defineProperty(sql, "exec", {
    value(...args: Parameters<typeof exec>) {
      const cursor = exec(...args);
      meterOf(`realm ${id.name}`).cursors.push(cursor);
      return cursor;
    },
  });
  Object.defineProperty(storage, "setAlarm", {
    value(...args: Parameters<typeof setAlarm>) {
      meterOf(`realm ${id.name}`).alarmsSet++;
      return setAlarm(...args);
    },
  });
}

/** Counts every call of a method that other objects or the platform can call. Close events of sockets are free. */
function meterCalls(metered: { prototype: object }, base: { prototype: object }, kind: string): void {
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(base.prototype))) {
    if (typeof value !== "function" || /^(constructor|webSocket(Close|Error))$/.test(name)) continue;
    const counter = ({ alarm: "alarmRuns", webSocketMessage: "frames" } as const)[name] ?? "calls";
    Object.defineProperty(metered.prototype, name, {
      value(this: { ctx: DurableObjectState }, ...args: unknown[]) {
        meterOf(`${kind} ${this.ctx.id.name}`)[counter]++;
        return Reflect.apply(value, this, args);
      },
    });
  }
}

export class RealmShard extends BaseRealmShard {
  constructor(ctx: DurableObjectState, bindings: Bindings) {
    meterStorage(ctx);
    super(ctx, bindings);
  }
}
meterCalls(RealmShard, BaseRealmShard, "realm");

export class PasswordHasher extends BasePasswordHasher {}
meterCalls(PasswordHasher, BasePasswordHasher, "hasher");

export default {
  fetch(request: Request, bindings: Bindings, ctx: ExecutionContext): Response | Promise<Response> {
    if (new URL(request.url).pathname !== "/meter") {
      requests++;
      return app.fetch(request, bindings, ctx);
    }
    const costs = [...meters.values()].map(
      ({ calls, frames, alarmRuns, alarmsSet, cursors }): Cost => ({
        requests: 0,
        calls,
        frames,
        alarmRuns,
        rowsRead: cursors.reduce((sum, cursor) => sum + cursor.rowsRead, 0),
        rowsWritten: cursors.reduce((sum, cursor) => sum + cursor.rowsWritten, alarmsSet),
      }),
    );
    costs.push({ requests, calls: 0, frames: 0, alarmRuns: 0, rowsRead: 0, rowsWritten: 0 });
    meters.clear();
    requests = 0;
    return Response.json(costs);
  },
};
