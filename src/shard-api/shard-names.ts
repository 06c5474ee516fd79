import { type Name, parseRealm, type RealmName } from "../protocol/names.ts";

/**
 * Which shard holds a name: FNV-1a over its characters, which are ASCII. It is part of the stored form of a realm, as
 * the shard count is: another function would look for accounts where they are not.
 */
export function shardOf(name: Name, shards: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % shards;
}

/** The name of a shard's object, and the address of the link to it. */
export function shardName(realm: RealmName, shard: number): string {
  return `${realm}/${shard}`;
}

export function parseShardName(name: string): { realm: RealmName; shard: number } {
  const [realm = "", shard = ""] = name.split("/");
  const parsed = parseRealm(realm);
  if (!parsed || !/^\d+$/.test(shard)) throw new Error("an object without a shard's name");
  return { realm: parsed, shard: Number(shard) };
}
