import type { Config } from "../config/config.ts";
import type { Failure } from "../protocol/replies.ts";
import type { RealmContext } from "../shard-api/realm-context.ts";
import type { ShardDirectory } from "../shard-api/shard-api.ts";
import type { UpgradeParams } from "../shard-api/upgrade-params.ts";
import { hostOf } from "./client-origin.ts";

/** The dependencies of the Worker, which its host implements. */
export interface WorkerDeps {
  /** @throws ConfigError */
  readonly config: Config;
  /** @throws ConfigError */
  readonly shards: ShardDirectory;
  /** The rate of registrations and logins by client address. The shards apply the limits by account. @returns null: admitted */
  admitLogin(request: RequestHead): Promise<Failure | null>;
  /** The client address of a request, for budgets: an IPv4 address or the /64 network of an IPv6 one. Null: not known. */
  clientOf(request: RequestHead): string | null;
  /** Opens a live socket at a shard. @returns the response of the upgrade, or why there is none */
  openSocket(request: Request, shardName: string, params: UpgradeParams): Promise<Response | Failure>;
}

/** What precedes the body of a request. A `Request` has it; a host may also have it of a request that is none. */
export interface RequestHead {
  readonly url: string;
  readonly headers: { get(name: string): string | null };
}

/**
 * The realm of a request by its host name. The default realm answers for a host name that is not configured.
 *
 * @throws ConfigError
 */
export function realmContextOfRequest({ config, shards }: WorkerDeps, request: RequestHead): RealmContext {
  // Most deployments host one realm, and need not look at the host.
  if (config.realms.size === 0) return { realm: config.realm, config, shards };
  const hostname = hostOf(request).hostname.replace(/\.$/, "");
  return { realm: config.realms.get(hostname) ?? config.realm, config, shards };
}
