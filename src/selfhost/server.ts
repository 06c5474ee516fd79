import { once } from "node:events";
import type { Server } from "node:http";
import { availableParallelism } from "node:os";
import type { Config } from "../config/config.ts";
import { QueuedHashing } from "../hasher/queued-hashing.ts";
import { limits } from "../limits.ts";
import type { SocketState } from "../live/live-socket.ts";
import { shardNameOf } from "../shard-api/shard-names.ts";
import type { WorkerDeps } from "../worker/worker-deps.ts";
import { createHttpServer } from "./http-server.ts";
import { LiveSocketServer } from "./live-sockets.ts";
import { LocalShards } from "./local-shards.ts";
import { createPeerFetch } from "./peer-fetch.ts";
import { callMethod, ShardCalls } from "./shard-calls.ts";
import type { SocketConnection, SocketListener } from "./shard-host.ts";
import { ShardThreads } from "./shard-threads.ts";
import { SocketConnections } from "./thread-sockets.ts";
import type { TlsKeyPair } from "./tls-files.ts";

export interface ServerOptions {
  config: Config;
  /** What `config` was parsed from, for the threads. */
  variables: Record<string, string>;
  /** The data folder. */
  data: string;
  host: string;
  port: number;
  tls: TlsKeyPair | null;
}

export interface RunningServer {
  http: Server;
  /** Stops accepting, answers what runs, and closes the databases. */
  stop(): Promise<void>;
}

/** Starts the realms of a deployment: the first shard in the main thread, with HTTP and the sockets, and the others in threads. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { config, variables, data, host, port, tls } = options;
  const names = shardNamesOf(config);
  // A lone shard needs no thread: it would only add two hops to each request. Several share nothing with the thread of HTTP.
  const [inMain, inThreads] = names.length === 1 ? [names, []] : [[], names];
  const cores = availableParallelism();
  // A derivation runs in libuv's pool. One core stays free for requests.
  const hashing = new QueuedHashing(0, Math.max(1, cores - 1));
  const connections = new SocketConnections();
  const execute = (target: string, method: string, args: unknown[]): unknown => {
    if (target === "hashing") return callMethod(hashing, method, args);
    if (target === "connections") return callMethod(connections, method, args);
    return callMethod(local.get(target).shard, method, args);
  };
  const threads = new ShardThreads(dealOut(inThreads, cores), { data, variables, namesOfMain: inMain }, execute);
  const shards = new ShardCalls(() => local, threads.channels);
  const fetch = createPeerFetch(config.localPeers);
  const local: LocalShards = new LocalShards(data, inMain, { config, shards, hashing, fetch });
  await Promise.all([local.start(), threads.start()]);

  const sockets = new LiveSocketServer();
  const attach = (name: string, state: SocketState, connection: SocketConnection): SocketListener => {
    const channel = threads.channels.get(name);
    return channel ? connections.attach(channel, name, state, connection) : local.get(name).attach(connection, state);
  };
  const deps: WorkerDeps = {
    config,
    shards,
    // Cloudflare's binding has no counterpart here. The shards apply the exact limits.
    isLoginAllowed: async () => true,
    async openSocket(request, shardName, params) {
      const state = await shards.get(shardName).admitSocket(params);
      if ("kind" in state) return state;
      sockets.accept(request, (connection) => attach(shardName, state, connection));
      return new Response();
    },
  };
  const http = createHttpServer(deps, sockets, tls);
  http.listen({ host, port });
  await once(http, "listening");
  return {
    http,
    async stop() {
      const closed = once(http, "close");
      http.close();
      local.stop();
      await threads.stop();
      sockets.close();
      const cut = setTimeout(() => http.closeAllConnections(), limits.stopGraceMs);
      // A connection whose request has just been answered is idle now.
      const sweep = setInterval(() => http.closeIdleConnections(), limits.stopSweepMs);
      await closed;
      clearTimeout(cut);
      clearInterval(sweep);
      local.close();
      await threads.close();
    },
  };
}

function shardNamesOf({ hosted, shards }: Config): string[] {
  return [...hosted].flatMap((realm) => Array.from({ length: shards }, (_, index) => shardNameOf(realm, index)));
}

/** Deals names out to at most `count` groups. */
function dealOut(names: readonly string[], count: number): string[][] {
  const groups: string[][] = Array.from({ length: Math.min(count, names.length) }, () => []);
  for (const [index, name] of names.entries()) groups[index % groups.length]?.push(name);
  return groups;
}
