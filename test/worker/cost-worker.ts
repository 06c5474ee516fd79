import type { Env } from "../../src/config/config.ts";
import app, { PasswordHasher as BasePasswordHasher, RealmShard as BaseRealmShard } from "../../src/index.ts";
import type { Cost } from "../support/cost.ts";

/**
 * The deployed Worker with a meter in it: the same app and the same objects, their calls and their storage counted.
 * `GET /meter` hands out the counts since it was last asked, one for each object and one for the Worker.
 */
interface Meter extends Pick<Cost, "calls" | "frames" | "rung"> {
  /** Alarms that were set: each is a row written. */
  alarms: number;
  cursors: Pick<SqlStorageCursor<never>, "rowsRead" | "rowsWritten">[];
}

/** Local objects of one Worker share its isolate, and so this map. */
const meters = new Map<string, Meter>();
let requests = 0;

function meterOf(name: string): Meter {
  const meter = meters.get(name) ?? { calls: 0, frames: 0, rung: 0, alarms: 0, cursors: [] };
  meters.set(name, meter);
  return meter;
}

/** Keeps every cursor: how many rows it took is known when it has been read to its end. */
function meterStorage({ storage, id }: DurableObjectState): void {
  const { sql } = storage;
  const exec = sql.exec.bind(sql);
  const setAlarm = storage.setAlarm.bind(storage);
  Object.defineProperty(sql, "exec", {
    value(...given: Parameters<typeof exec>) {
      const cursor = exec(...given);
      meterOf(`realm ${id.name}`).cursors.push(cursor);
      return cursor;
    },
  });
  Object.defineProperty(storage, "setAlarm", {
    value(...given: Parameters<typeof setAlarm>) {
      meterOf(`realm ${id.name}`).alarms++;
      return setAlarm(...given);
    },
  });
}

/** Puts a count before every method that others, or the platform, can call. A socket that closes costs nothing. */
function meterCalls(object: { prototype: object }, plain: { prototype: object }, kind: string): void {
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(plain.prototype))) {
    if (typeof value !== "function" || /^(constructor|webSocket(Close|Error))$/.test(name)) continue;
    const counted = ({ alarm: "rung", webSocketMessage: "frames" } as const)[name] ?? "calls";
    Object.defineProperty(object.prototype, name, {
      value(this: { ctx: DurableObjectState }, ...given: unknown[]) {
        meterOf(`${kind} ${this.ctx.id.name}`)[counted]++;
        return Reflect.apply(value, this, given);
      },
    });
  }
}

export class RealmShard extends BaseRealmShard {
  constructor(ctx: DurableObjectState, env: Env) {
    meterStorage(ctx);
    super(ctx, env);
  }
}
meterCalls(RealmShard, BaseRealmShard, "realm");

export class PasswordHasher extends BasePasswordHasher {}
meterCalls(PasswordHasher, BasePasswordHasher, "hasher");

export default {
  fetch(request: Request, env: Env, ctx: ExecutionContext): Response | Promise<Response> {
    if (new URL(request.url).pathname !== "/meter") {
      requests++;
      return app.fetch(request, env, ctx);
    }
    const costs = [...meters.values()].map(
      ({ calls, frames, rung, alarms, cursors }): Cost => ({
        requests: 0,
        calls,
        frames,
        rung,
        rowsRead: cursors.reduce((sum, cursor) => sum + cursor.rowsRead, 0),
        rowsWritten: cursors.reduce((sum, cursor) => sum + cursor.rowsWritten, alarms),
      }),
    );
    costs.push({ requests, calls: 0, frames: 0, rung: 0, rowsRead: 0, rowsWritten: 0 });
    meters.clear();
    requests = 0;
    return Response.json(costs);
  },
};
