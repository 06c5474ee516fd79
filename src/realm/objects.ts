import type { Config, Env } from "../env.ts";
import type { Name, RealmName } from "../protocol/names.ts";
import type { Realm } from "./realm.ts";
import { shardName, shardOf } from "./shards.ts";

/**
 * The stub of a shard's object. A new one for each call: a stub that has failed stays broken.
 *
 * @param name what `shardName` gave
 */
export function realmObject(env: Env, config: Config, name: string): DurableObjectStub<Realm> {
  return env.REALM_OBJECTS.getByName(name, config.region ? { locationHint: config.region } : {});
}

/** The realm's first object: it knows how the realm was born, and keeps its keys, its gate and the keys of others. */
export function firstObject(env: Env, config: Config, realm: RealmName): DurableObjectStub<Realm> {
  return realmObject(env, config, shardName(realm, 0));
}

/** The object that holds a name of a realm of this deployment. */
export function objectOf(env: Env, config: Config, realm: RealmName, name: Name): DurableObjectStub<Realm> {
  return realmObject(env, config, shardName(realm, shardOf(name, config.shards)));
}
