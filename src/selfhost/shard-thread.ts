/** The main module of a thread that runs shards. */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { parseConfig } from "../config/config.ts";
import type { DerivedKey, PasswordHashing } from "../hasher/scrypt.ts";
import { logError } from "../storage/log.ts";
import { LocalShards } from "./local-shards.ts";
import { createPeerFetch } from "./peer-fetch.ts";
import { ShardCalls } from "./shard-calls.ts";
import { ThreadChannel } from "./thread-channel.ts";
import { SocketListeners } from "./thread-sockets.ts";

/** What a thread is started with. */
export interface ThreadData {
  data: string;
  variables: Record<string, string>;
  /** The shards that run in this thread. */
  names: string[];
  /** The shards of the main thread. */
  namesOfMain: string[];
  /** Channels to the other threads, with their shards. */
  others: { port: MessagePort; names: string[] }[];
}

const { data, variables, names, namesOfMain, others } = workerData as ThreadData;
process.on("unhandledRejection", (error) => logError("unhandled-rejection", error));
if (!parentPort) throw new Error("this is the module of a thread");

const targets: Record<string, object> = {};
const findTarget = (target: string) => targets[target] ?? shards.get(target).shard;
const main = new ThreadChannel(parentPort, findTarget);
const channels = new Map(namesOfMain.map((name) => [name, main]));
for (const other of others) {
  const channel = new ThreadChannel(other.port, findTarget);
  for (const name of other.names) channels.set(name, channel);
}
/** The queue of derivations belongs to the whole process. */
const hashing: PasswordHashing = {
  derive: async (derivation) => (await main.call("hashing", "derive", derivation)) as DerivedKey,
};
const config = parseConfig(variables);
const shards: LocalShards = new LocalShards(data, names, {
  config,
  shards: new ShardCalls(() => shards, channels),
  hashing,
  fetch: createPeerFetch(config.localPeers),
});
Object.assign(targets, { shards, sockets: new SocketListeners(main, (name) => shards.get(name)) });
