import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseShardName } from "../shard-api/shard-names.ts";
import { ShardHost, type ShardHostDeps } from "./shard-host.ts";

/** The shards of this thread, by name. */
export class LocalShards {
  readonly #hosts = new Map<string, ShardHost>();

  /**
   * Opens the database of each shard.
   *
   * @param data the data folder; a realm has a folder in it, and a shard a file, such as `surabaya/0.sqlite`
   */
  constructor(data: string, names: readonly string[], deps: ShardHostDeps) {
    for (const name of names) {
      const { realm, shardIndex } = parseShardName(name);
      const folder = join(data, realm);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const file = join(folder, `${shardIndex}.sqlite`);
      try {
        this.#hosts.set(name, new ShardHost(name, file, deps));
      } catch (error) {
        throw new Error(`${file} cannot be opened: ${error instanceof Error ? error.message : error}`, {
          cause: error,
        });
      }
    }
  }

  /** @throws where there is no shard of this name */
  get(name: string): ShardHost {
    const host = this.#hosts.get(name);
    if (!host) throw new Error(`there is no shard ${name}`);
    return host;
  }

  async start(): Promise<void> {
    await Promise.all([...this.#hosts.values()].map((host) => host.start()));
  }

  /** Answers what waits, and closes the sockets. */
  stop(): void {
    for (const host of this.#hosts.values()) host.stop();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#hosts.values()].map((host) => host.close()));
  }
}
