import type { Config } from "../config/config.ts";
import type { PasswordHashing } from "../hasher/scrypt.ts";
import type { LiveSockets } from "../live/live-socket.ts";
import type { ShardPorts } from "../shard/ports.ts";
import type { AlarmPort } from "../storage/alarm-schedule.ts";
import type { RowShape, SqlDriver, SqlValue } from "../storage/sql.ts";
import type { Bindings } from "./bindings.ts";
import { commitScheduler } from "./commit-scheduler.ts";
import { ShardStubs } from "./shard-stubs.ts";
import { canOpenTcpConnection } from "./tcp-probe.ts";
import { timer } from "./timer.ts";

/** Implements a shard's ports with the APIs of Durable Objects. */
export function shardPorts(ctx: DurableObjectState, bindings: Bindings, config: Config): ShardPorts {
  return {
    driver: sqlDriver(ctx.storage),
    scheduleCommit: commitScheduler(() => ctx.storage.sync(), timer),
    alarm: alarmPort(ctx.storage),
    sockets: liveSockets(ctx),
    shards: new ShardStubs(bindings, config),
    hashing: passwordHashing(bindings, shardNameOfObject(ctx)),
    fetch: (request, init) => fetch(request, init),
    canConnect: canOpenTcpConnection,
    clock: Date.now,
    monotonic: () => performance.now(),
    hasTrustedClock: true,
    random: Math.random,
    timer,
  };
}

/** The shard name of a Durable Object, such as `surabaya/0`. @throws if the object has no name */
export function shardNameOfObject(ctx: DurableObjectState): string {
  if (!ctx.id.name) throw new Error("the shard has no name");
  return ctx.id.name;
}

function sqlDriver(storage: DurableObjectStorage): SqlDriver {
  const { sql } = storage;
  return {
    run: (query, ...bindings) => void sql.exec(query, ...bindings),
    // The query decides the columns of a row, so their types cannot be checked here.
    all: <Row extends RowShape<Row>>(query: string, ...bindings: SqlValue[]) =>
      sql.exec<Record<string, SqlValue> & Row>(query, ...bindings).toArray(),
    columns: <Columns extends SqlValue[]>(query: string, ...bindings: SqlValue[]) =>
      Iterator.from(sql.exec(query, ...bindings).raw<Columns>()).toArray(),
    script: (statements) => void sql.exec(statements),
    transaction: (work) => storage.transactionSync(work),
  };
}

function alarmPort(storage: DurableObjectStorage): AlarmPort {
  return {
    get: () => storage.getAlarm(),
    set: (time) => storage.setAlarm(time),
  };
}

function liveSockets(ctx: DurableObjectState): LiveSockets {
  return {
    all: () => ctx.getWebSockets(),
    lastPingAt: (socket) =>
      socket instanceof WebSocket ? (ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? null) : null,
  };
}

/** Each shard has a password hasher of its own: where a realm has several shards, they hash in parallel. */
function passwordHashing({ PASSWORD_HASHERS }: Bindings, shardName: string): PasswordHashing {
  return { derive: (derivation) => PASSWORD_HASHERS.getByName(shardName).derive(derivation) };
}
