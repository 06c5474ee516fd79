import type { Config } from "../config/config.ts";
import { originOf } from "../federation/peer-policy.ts";
import {
  type Address,
  type FullAddress,
  fullAddress,
  type Name,
  type RealmName,
  splitAddress,
} from "../protocol/names.ts";
import { type Failure, failure } from "../protocol/replies.ts";
import { shardName, shardOf } from "./shard-names.ts";

/** Where an address lives, as this object sees it. */
export type Place =
  | { kind: "here"; address: FullAddress }
  /** Another object of this deployment; `destination` is its name. */
  | { kind: "object"; address: FullAddress; destination: string }
  /** A realm elsewhere; `destination` is its name. */
  | { kind: "realm"; address: FullAddress; destination: RealmName };

/** Finds the object that holds a name. */
export class Places {
  readonly #config: Config;
  readonly realm: RealmName;
  readonly shard: number;

  constructor(config: Config, realm: RealmName, shard: number) {
    this.#config = config;
    this.realm = realm;
    this.shard = shard;
  }

  /** An address in full, whether there is a way to it or not. */
  inFull({ name, realm }: Address): FullAddress {
    return fullAddress(name, realm ?? this.realm);
  }

  /** @returns null where there is no way to the realm */
  find({ name, realm }: Address): Place | null {
    const there = realm ?? this.realm;
    const address = fullAddress(name, there);
    if (!this.#config.hosted.has(there)) {
      return originOf(this.#config, there) ? { kind: "realm", address, destination: there } : null;
    }
    const destination = this.objectOf(name, there);
    return this.isOwn(destination) ? { kind: "here", address } : { kind: "object", address, destination };
  }

  /** The way to a member of a group: where its realm is none of this deployment's, that keeps a copy of the group. */
  wayTo(member: FullAddress): { destination: string | null; keepsCopy: boolean } {
    const place = this.find(splitAddress(member));
    if (place?.kind === "here") return { destination: null, keepsCopy: false };
    if (place?.kind === "object") return { destination: place.destination, keepsCopy: false };
    // Where there is no way now, its messages wait for one.
    return { destination: splitAddress(member).realm, keepsCopy: true };
  }

  /** Which object has a group, or the copy of one of a realm elsewhere: null for this one. */
  holderOf(group: FullAddress): { holder: string | null; isCopy: boolean } {
    const { name, realm } = splitAddress(group);
    const isCopy = !this.#config.hosted.has(realm);
    const object = this.objectOf(name, isCopy ? this.realm : realm);
    return { holder: this.isOwn(object) ? null : object, isCopy };
  }

  /** The object that holds a name of a realm of this deployment. */
  objectOf(name: Name, realm: RealmName = this.realm): string {
    return shardName(realm, shardOf(name, this.#config.shards));
  }

  /** Whether a name of an object is that of this one. */
  isOwn(object: string): boolean {
    return object === shardName(this.realm, this.shard);
  }

  /** All other objects of this realm. */
  siblings(): string[] {
    const all = Array.from({ length: this.#config.shards }, (_, shard) => shard);
    return all.filter((shard) => shard !== this.shard).map((shard) => shardName(this.realm, shard));
  }
}

export function noSuchRealm({ realm }: Address): Failure {
  return failure("no-such-realm", { realm: realm ?? "" });
}

/** A link's destination is an object's name, which has a slash, or a realm's, which has none. */
export function isObject(destination: string): boolean {
  return destination.includes("/");
}
