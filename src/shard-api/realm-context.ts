import type { Config, Env } from "../config/config.ts";
import { limits } from "../limits.ts";
import type { Name, RealmName } from "../protocol/names.ts";
import type { RealmShard } from "../shard/shard.ts";
import { shardName, shardOf } from "./shard-names.ts";

/** A realm of this deployment, and what it takes to call its objects. */
export interface Host {
  env: Env;
  config: Config;
  realm: RealmName;
}

/**
 * The stub of a shard's object. A new one for each call: a stub that has failed stays broken.
 *
 * @param name what `shardName` gave
 */
export function realmObject(
  { env, config }: Pick<Host, "env" | "config">,
  name: string,
): DurableObjectStub<RealmShard> {
  const id = ids.get(name) ?? env.REALM_SHARDS.idFromName(name);
  if (ids.size < limits.shardIdCacheMax) ids.set(name, id);
  return env.REALM_SHARDS.get(id, config.region ? { locationHint: config.region } : {});
}

/** An id is a hash of its name; a Worker asks for the same few again and again. */
const ids = new Map<string, DurableObjectId>();

/** The realm's first object: it knows how the realm was born, and keeps its keys, its gate and the keys of others. */
export function firstObject(host: Host): DurableObjectStub<RealmShard> {
  return realmObject(host, shardName(host.realm, 0));
}

/** The object that holds a name of a realm. */
export function objectOf(host: Host, name: Name): DurableObjectStub<RealmShard> {
  return realmObject(host, shardName(host.realm, shardOf(name, host.config.shards)));
}
