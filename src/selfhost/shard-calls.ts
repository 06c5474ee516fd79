import type { ShardApi, ShardCallFailure, ShardDirectory } from "../shard-api/shard-api.ts";
import type { LocalShards } from "./local-shards.ts";
import type { ThreadChannel } from "./thread-channel.ts";

/**
 * Calls the shards of the deployment. One of this thread is called directly: what a caller passes, the shard must not change. One of
 * another thread is called through its channel.
 */
export class ShardCalls implements ShardDirectory {
  readonly #local: () => LocalShards;
  readonly #proxies: ReadonlyMap<string, ShardApi>;

  /**
   * @param local the shards of this thread, which themselves are built with this directory
   * @param channels to the shards of other threads
   */
  constructor(local: () => LocalShards, channels: ReadonlyMap<string, ThreadChannel>) {
    this.#local = local;
    this.#proxies = new Map([...channels].map(([name, channel]) => [name, proxyOf(name, channel)]));
  }

  get(shardName: string): ShardApi {
    return this.#proxies.get(shardName) ?? this.#local().get(shardName).shard;
  }

  /** A call always reaches its shard: the thread of a shard ends only with the whole process. Its disk may be full. */
  describeFailure(error: unknown): ShardCallFailure {
    // An error that comes from another thread has the name of its class, and not the class.
    const isStorage = error instanceof Error && error.name === "StorageUnavailable";
    return { isThrownByShard: !isStorage, isOverloaded: false, isRetryable: isStorage };
  }
}

/** A shard of another thread: each method is a call of the method of the same name. */
function proxyOf(name: string, channel: ThreadChannel): ShardApi {
  return new Proxy({} as ShardApi, {
    get(_, method) {
      // `await` asks for it.
      if (method === "then") return undefined;
      return (...args: unknown[]) => channel.call(name, String(method), ...args);
    },
  });
}
