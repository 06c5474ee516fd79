import { once } from "node:events";
import type { Server } from "node:http";
import { availableParallelism } from "node:os";
import type { Config } from "../config/config.ts";
import { QueuedHashing } from "../hasher/queued-hashing.ts";
import { limits } from "../limits.ts";
import { shardNameOf } from "../shard-api/shard-names.ts";
import type { WorkerDeps } from "../worker/worker-deps.ts";
import { createHttpServer } from "./http-server.ts";
import { LiveSocketServer } from "./live-sockets.ts";
import { LocalShards } from "./local-shards.ts";
import { createPeerFetch } from "./peer-fetch.ts";
import type { TlsKeyPair } from "./tls-files.ts";

export interface ServerOptions {
  config: Config;
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

/** Starts the realms of a deployment in this process. */
export async function startServer({ config, data, host, port, tls }: ServerOptions): Promise<RunningServer> {
  // A derivation runs in libuv's pool. One core stays free for requests.
  const hashing = new QueuedHashing(0, Math.max(1, availableParallelism() - 1));
  const shards = new LocalShards(data, shardNamesOf(config), {
    config,
    hashing,
    fetch: createPeerFetch(config.localPeers),
  });
  await shards.start();
  const sockets = new LiveSocketServer();
  const deps: WorkerDeps = {
    config,
    shards,
    // Cloudflare's binding has no counterpart here. The shards apply the exact limits.
    isLoginAllowed: async () => true,
    async openSocket(request, shardName, params) {
      const shard = shards.host(shardName);
      const state = await shard.shard.admitSocket(params);
      if ("kind" in state) return state;
      sockets.accept(request, (connection) => shard.attach(connection, state));
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
      shards.stop();
      sockets.close();
      const cut = setTimeout(() => http.closeAllConnections(), limits.stopGraceMs);
      // A connection that has just been answered is idle now.
      const sweep = setInterval(() => http.closeIdleConnections(), 50);
      await closed;
      clearTimeout(cut);
      clearInterval(sweep);
      shards.close();
    },
  };
}

function shardNamesOf({ hosted, shards }: Config): string[] {
  return [...hosted].flatMap((realm) => Array.from({ length: shards }, (_, index) => shardNameOf(realm, index)));
}
