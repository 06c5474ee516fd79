import { join } from "node:path";
import { MessageChannel, Worker } from "node:worker_threads";
import { logError } from "../storage/log.ts";
import type { ThreadData } from "./shard-thread.ts";
import { type FindTarget, ThreadChannel } from "./thread-channel.ts";

/** The threads that run shards beside the main thread. */
export class ShardThreads {
  /** The channel to the thread of each shard. */
  readonly channels: ReadonlyMap<string, ThreadChannel>;
  readonly #threads: readonly ThreadChannel[];

  /**
   * @param groups the names of the shards of each thread
   * @param findTarget finds what the threads call in the main thread
   */
  constructor(
    groups: readonly (readonly string[])[],
    options: Pick<ThreadData, "data" | "variables" | "namesOfMain">,
    findTarget: FindTarget,
  ) {
    const others: ThreadData["others"][] = groups.map(() => []);
    for (const [index, names] of groups.entries()) {
      for (const [later, laterNames] of [...groups.entries()].slice(index + 1)) {
        const { port1, port2 } = new MessageChannel();
        others[index]?.push({ port: port1, names: [...laterNames] });
        others[later]?.push({ port: port2, names: [...names] });
      }
    }
    const channels = new Map<string, ThreadChannel>();
    this.channels = channels;
    this.#threads = groups.map((names, index) => {
      const data: ThreadData = { ...options, names: [...names], others: others[index] ?? [] };
      const channel = new ThreadChannel(startThread(data), findTarget);
      for (const name of names) channels.set(name, channel);
      return channel;
    });
  }

  start(): Promise<void> {
    return this.#callAll("start");
  }

  stop(): Promise<void> {
    return this.#callAll("stop");
  }

  close(): Promise<void> {
    return this.#callAll("close");
  }

  async #callAll(method: "start" | "stop" | "close"): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.call("shards", method)));
  }
}

function startThread(workerData: ThreadData): Worker {
  const transferList = workerData.others.map(({ port }) => port);
  const worker = new Worker(join(import.meta.dirname, "shard-thread.ts"), { workerData, transferList });
  // Its shards are gone, and with them what they had in memory. A service manager starts the process again; nothing is lost.
  worker.on("error", (error) => logError("shard-thread-failed", error));
  worker.on("exit", () => process.exit(1));
  return worker;
}
