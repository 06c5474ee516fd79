import type { Shard } from "../shard/shard.ts";
import type { ShardApi, ShardCallFailure, ShardDirectory } from "../shard-api/shard-api.ts";
import type { LocalShards } from "./local-shards.ts";
import type { ThreadChannel } from "./thread-channel.ts";

/** What a host calls of a shard, in any thread. */
export type CallableShard = ShardApi & Pick<Shard, "admitSocket">;

/**
 * Calls the shards of the deployment. One of this thread is called directly: what a caller passes, the shard must not change. One of
 * another thread is called through its channel.
 */
export class ShardCalls implements ShardDirectory {
  readonly #local: () => LocalShards;
  readonly #proxies = new Map<string, CallableShard>();

  /** @param local the shards of this thread, which themselves are built with this directory */
  constructor(local: () => LocalShards, channels: ReadonlyMap<string, ThreadChannel>) {
    this.#local = local;
    for (const [name, channel] of channels) this.#proxies.set(name, proxyOf(name, channel));
  }

  get(shardName: string): CallableShard {
    return this.#local().find(shardName)?.shard ?? this.#proxyOf(shardName);
  }

  /** A call always reaches its shard: the thread of a shard ends only with the whole process. */
  describeFailure(): ShardCallFailure {
    return { isThrownByShard: true, isOverloaded: false, isRetryable: false };
  }

  #proxyOf(shardName: string): CallableShard {
    const proxy = this.#proxies.get(shardName);
    if (!proxy) throw new Error(`there is no shard ${shardName}`);
    return proxy;
  }
}

/** A shard of another thread: each method is a call of the method of the same name. */
function proxyOf(name: string, channel: ThreadChannel): CallableShard {
  return new Proxy({} as CallableShard, {
    get:
      (_, method) =>
      (...args: unknown[]) =>
        channel.call(name, String(method), ...args),
  });
}

/** Executes a call of another thread. @throws what the method throws, or where there is no such method */
export function callMethod(object: object, method: string, args: unknown[]): unknown {
  const found: unknown = Reflect.get(object, method);
  if (typeof found !== "function") throw new Error(`there is no method ${method}`);
  return Reflect.apply(found, object, args);
}
