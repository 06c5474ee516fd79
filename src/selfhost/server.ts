import { once } from "node:events";
import type { Server } from "node:http";
import type { Socket } from "node:net";
import { availableParallelism } from "node:os";
import { LoginRate, loginPolicy } from "../admission/login-rate.ts";
import type { Config } from "../config/config.ts";
import { QueuedHashing } from "../hasher/queued-hashing.ts";
import { limits } from "../limits.ts";
import { failure, rateFailure } from "../protocol/replies.ts";
import { shardNameOf } from "../shard-api/shard-names.ts";
import type { WorkerDeps } from "../worker/worker-deps.ts";
import { ClientAddresses } from "./client-addresses.ts";
import { ConnectionLimits } from "./connection-limits.ts";
import { createHttpServer, type OpenSocket } from "./http-server.ts";
import { LiveSocketServer } from "./live-sockets.ts";
import { LocalShards } from "./local-shards.ts";
import { createPeerFetch } from "./peer-fetch.ts";
import { ShardCalls } from "./shard-calls.ts";
import { ShardThreads } from "./shard-threads.ts";
import { SocketConnections } from "./thread-sockets.ts";
import { timer } from "./timer.ts";
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

/** Starts the realms of a deployment: HTTP and sockets in the main thread, and there a lone shard too; several run in threads. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { config, variables, data, host, port, tls } = options;
  const names = shardNamesOf(config);
  // A thread would only add two hops to each request of a lone shard. Several leave the main thread to HTTP.
  const [inMain, inThreads] = names.length === 1 ? [names, []] : [[], names];
  const cores = availableParallelism();
  // Derivations run in the four threads of libuv's pool, which also look up names, and leave a core to the requests.
  const clock = () => performance.now();
  const concurrency = Math.max(1, Math.min(cores - 1, limits.hashConcurrencyMax));
  const hashing = new QueuedHashing({ concurrency, pauseMs: 0, clock, timer });
  const socketConnections = new SocketConnections();
  const targets: Record<string, object> = { hashing, connections: socketConnections };
  const threads = new ShardThreads(
    distribute(inThreads, cores),
    { data, variables, namesOfMain: inMain },
    (target) => targets[target] ?? local.get(target).shard,
  );
  const shards = new ShardCalls(() => local, threads.channels);
  const fetch = createPeerFetch(config.localPeers);
  const local: LocalShards = new LocalShards(data, inMain, { config, shards, hashing, fetch });
  await Promise.all([local.start(), threads.start()]);

  const clients = new ClientAddresses(config.trustedProxies);
  const logins = new LoginRate(clock);
  const deps: WorkerDeps = {
    config,
    shards,
    async admitLogin(request) {
      const client = clients.clientOf(request);
      const waitSeconds = client === null ? 0 : logins.admit(client);
      return waitSeconds > 0 ? rateFailure("busy", waitSeconds, loginPolicy) : null;
    },
    clientOf: (request) => clients.clientOf(request),
    // An upgrade does not come this way: see `createHttpServer`.
    openSocket: async () => failure("upgrade-required"),
  };
  const sockets = new LiveSocketServer();
  const openSocket: OpenSocket = (upgrade, name, params) =>
    sockets.open(upgrade, async (connection) => {
      const channel = threads.channels.get(name);
      if (channel) return socketConnections.openSocket(channel, name, params, connection);
      return local.get(name).openSocket(params, connection);
    });
  const http = createHttpServer({ deps, clients, openSocket, tls });
  // `closeAllConnections` does not know those of WebSockets and of TLS handshakes.
  const connections = new ConnectionLimits({
    most: limits.connectionsMax,
    mostPerClient: limits.connectionsPerClient,
    clientOf: (address) => clients.clientOfAddress(address),
  });
  http.on("connection", (connection: Socket) => connections.add(connection));
  http.listen({ host, port });
  await once(http, "listening");
  return {
    http,
    async stop() {
      const closed = once(http, "close");
      const cut = setTimeout(() => {
        for (const connection of connections.open) connection.destroy();
      }, limits.stopGraceMs);
      // A connection whose request has just been answered is idle now.
      const check = setInterval(() => http.closeIdleConnections(), limits.stopIdleCheckMs);
      http.close();
      sockets.close();
      local.stop();
      await threads.stop();
      await closed;
      clearTimeout(cut);
      clearInterval(check);
      await local.close();
      await threads.close();
    },
  };
}

function shardNamesOf({ hosted, shards }: Config): string[] {
  return [...hosted].flatMap((realm) => Array.from({ length: shards }, (_, index) => shardNameOf(realm, index)));
}

/** Distributes names to at most `count` groups. */
function distribute(names: readonly string[], count: number): string[][] {
  const groups: string[][] = Array.from({ length: Math.min(count, names.length) }, () => []);
  for (const [index, name] of names.entries()) groups[index % groups.length]?.push(name);
  return groups;
}
