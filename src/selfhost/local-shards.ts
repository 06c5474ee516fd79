import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { ShardApi, ShardCallFailure, ShardDirectory } from "../shard-api/shard-api.ts";
import { parseShardName } from "../shard-api/shard-names.ts";
import { ShardHost, type ShardHostDeps } from "./shard-host.ts";

/** The shards of this process. They call each other directly: what one passes, the other must not change. */
export class LocalShards implements ShardDirectory {
  readonly #hosts = new Map<string, ShardHost>();

  /**
   * Opens the database of each shard.
   *
   * @param data the data folder; a realm has a folder in it, and a shard a file, such as `surabaya/0.sqlite`
   */
  constructor(data: string, names: readonly string[], deps: Omit<ShardHostDeps, "shards">) {
    for (const name of names) {
      const { realm, shardIndex } = parseShardName(name);
      const folder = join(data, realm);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      this.#hosts.set(name, new ShardHost(name, join(folder, `${shardIndex}.sqlite`), { ...deps, shards: this }));
    }
  }

  async start(): Promise<void> {
    await Promise.all([...this.#hosts.values()].map((host) => host.start()));
  }

  get(shardName: string): ShardApi {
    return this.host(shardName).shard;
  }

  /** @throws where no shard has this name */
  host(shardName: string): ShardHost {
    const host = this.#hosts.get(shardName);
    if (!host) throw new Error(`there is no shard ${shardName}`);
    return host;
  }

  /** A call in the same process always reaches its shard. */
  describeFailure(): ShardCallFailure {
    return { isThrownByShard: true, isOverloaded: false, isRetryable: false };
  }

  stop(): void {
    for (const host of this.#hosts.values()) host.stop();
  }

  close(): void {
    for (const host of this.#hosts.values()) host.close();
  }
}
