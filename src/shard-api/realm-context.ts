import type { Config } from "../config/config.ts";
import type { Name, RealmName } from "../protocol/names.ts";
import type { ShardApi, ShardDirectory } from "./shard-api.ts";
import { shardIndexOf, shardNameOf } from "./shard-names.ts";

/** A realm of this deployment, and how to call its shards. */
export interface RealmContext {
  realm: RealmName;
  config: Config;
  shards: ShardDirectory;
}

/** The realm's shard 0. It keeps the shard count, the signing keys, the peers' keys and the admission of peers. */
export function shardZero({ realm, shards }: RealmContext): ShardApi {
  return shards.get(shardNameOf(realm, 0));
}

/** The name of the shard that holds an account or a group of the realm. */
export function owningShardName({ realm, config }: RealmContext, name: Name): string {
  return shardNameOf(realm, shardIndexOf(name, config.shards));
}

/** The shard that holds an account or a group of the realm. */
export function owningShard(context: RealmContext, name: Name): ShardApi {
  return context.shards.get(owningShardName(context, name));
}
