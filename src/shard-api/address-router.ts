import type { Config } from "../config/config.ts";
import { peerOrigin } from "../config/federation-policy.ts";
import {
  type Address,
  type FullAddress,
  fullAddress,
  type Name,
  type RealmName,
  splitAddress,
} from "../protocol/names.ts";
import { type Failure, failure } from "../protocol/replies.ts";
import { shardIndexOf, shardNameOf } from "./shard-names.ts";

/** Where an address is, seen from this shard. */
export type Route =
  | { kind: "here"; address: FullAddress; destination: null }
  /** Another shard of this deployment; `destination` is its name. */
  | { kind: "shard"; address: FullAddress; destination: string }
  /** A realm of another deployment; `destination` is its name. */
  | { kind: "realm"; address: FullAddress; destination: RealmName };

/** Where a member of a group is reached. */
export interface MemberRoute {
  /** A shard or a realm; null: the member's account is in this shard. */
  destination: string | null;
  /** The member's realm keeps a replica of the group. */
  keepsReplica: boolean;
}

/** Finds the shard or realm that an address belongs to. */
export class AddressRouter {
  readonly #config: Config;
  readonly realm: RealmName;
  readonly shardIndex: number;

  constructor(config: Config, realm: RealmName, shardIndex: number) {
    this.#config = config;
    this.realm = realm;
    this.shardIndex = shardIndex;
  }

  /** The full form of an address, whether there is a route to it or not. */
  qualify({ name, realm }: Address): FullAddress {
    return fullAddress(name, realm ?? this.realm);
  }

  /** @returns null where there is no route to the realm */
  routeTo({ name, realm }: Address): Route | null {
    const owner = realm ?? this.realm;
    const address = fullAddress(name, owner);
    if (!this.#config.hosted.has(owner)) {
      return peerOrigin(this.#config, owner) ? { kind: "realm", address, destination: owner } : null;
    }
    const destination = this.owningShardName(name, owner);
    return this.isThisShard(destination)
      ? { kind: "here", address, destination: null }
      : { kind: "shard", address, destination };
  }

  routeToMember(member: FullAddress): MemberRoute {
    const route = this.routeTo(splitAddress(member));
    if (route && route.kind !== "realm") return { destination: route.destination, keepsReplica: false };
    // Without a route now, the group's messages wait for one.
    return { destination: splitAddress(member).realm, keepsReplica: true };
  }

  /** The shard of a group, or of this realm's replica of a group elsewhere. `shard` is null for this shard. */
  routeToGroup(group: FullAddress): { shard: string | null; isReplica: boolean } {
    const { name, realm } = splitAddress(group);
    const isReplica = !this.#config.hosted.has(realm);
    const shard = this.owningShardName(name, isReplica ? this.realm : realm);
    return { shard: this.isThisShard(shard) ? null : shard, isReplica };
  }

  /** The shard that holds a name of a realm of this deployment. */
  owningShardName(name: Name, realm: RealmName = this.realm): string {
    return shardNameOf(realm, shardIndexOf(name, this.#config.shards));
  }

  get shardName(): string {
    return shardNameOf(this.realm, this.shardIndex);
  }

  isThisShard(shardName: string): boolean {
    return shardName === this.shardName;
  }

  /** The names of this realm's other shards. */
  otherShards(): string[] {
    const all = Array.from({ length: this.#config.shards }, (_, index) => index);
    return all.filter((index) => index !== this.shardIndex).map((index) => shardNameOf(this.realm, index));
  }
}

export function noSuchRealm({ realm }: Address): Failure {
  return failure("no-such-realm", { realm: realm ?? "" });
}
