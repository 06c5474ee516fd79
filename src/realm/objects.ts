import type { Config, Env } from "../env.ts";
import type { Realm } from "./realm.ts";

/**
 * The stub of a shard's object. A new one for each call: a stub that has failed stays broken.
 *
 * @param name what `shardName` gave
 */
export function realmObject(env: Env, config: Config, name: string): DurableObjectStub<Realm> {
  return env.REALM_OBJECTS.getByName(name, config.region ? { locationHint: config.region } : {});
}
