import { type Name, parseRealm, type RealmName } from "../protocol/names.ts";

/**
 * The index of the shard that holds a name: FNV-1a over its ASCII characters, modulo the shard count. The function is part of a
 * realm's stored form: another one would look for accounts in the wrong shard.
 */
export function shardIndexOf(name: Name, shardCount: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % shardCount;
}

/** The name of a shard, such as `surabaya/0`. It is also the destination of a delivery queue that leads to the shard. */
export function shardNameOf(realm: RealmName, index: number): string {
  return `${realm}/${index}`;
}

/** @throws where the text is not the name of a shard */
export function parseShardName(shardName: string): { realm: RealmName; shardIndex: number } {
  const [realmPart = "", index = ""] = shardName.split("/");
  const realm = parseRealm(realmPart);
  if (!realm || !/^\d+$/.test(index)) throw new Error("not a shard name");
  return { realm, shardIndex: Number(index) };
}

/** Whether a destination is a shard of this deployment. A realm's name has no slash. */
export function isShardName(destination: string): boolean {
  return destination.includes("/");
}
