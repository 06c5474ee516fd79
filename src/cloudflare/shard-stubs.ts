import type { Config } from "../config/config.ts";
import { limits } from "../limits.ts";
import type { Failure } from "../protocol/replies.ts";
import type { ShardApi, ShardCallFailure, ShardDirectory } from "../shard-api/shard-api.ts";
import type { UpgradeParams } from "../shard-api/upgrade-params.ts";
import { BoundedCache } from "../storage/bounded-cache.ts";
import type { Bindings } from "./bindings.ts";
import { upgradeRequest } from "./upgrade-request.ts";

/** Calls shards over Workers RPC. */
export class ShardStubs implements ShardDirectory {
  readonly #namespace: Bindings["REALM_SHARDS"];
  readonly #options: DurableObjectNamespaceGetDurableObjectOptions;

  constructor({ REALM_SHARDS }: Bindings, { region }: Config) {
    this.#namespace = REALM_SHARDS;
    this.#options = region ? { locationHint: region } : {};
  }

  get(shardName: string): ShardApi {
    return this.#stub(shardName);
  }

  /** A socket cannot be passed over RPC, so this calls the object's `fetch`. */
  async openSocket(shardName: string, params: UpgradeParams): Promise<Response | Failure> {
    const response = await this.#stub(shardName).fetch(upgradeRequest(params));
    return response.webSocket ? response : response.json<Failure>();
  }

  /** Reads the properties of errors that Cloudflare documents in "Durable Objects: Error handling". */
  describeFailure(error: unknown): ShardCallFailure {
    const properties = typeof error === "object" && error !== null ? error : {};
    const isTrue = (name: string) => name in properties && properties[name as keyof typeof properties] === true;
    return {
      isThrownByShard: isTrue("remote"),
      isOverloaded: isTrue("overloaded"),
      isRetryable: isTrue("retryable") || isTrue("durableObjectReset"),
    };
  }

  /** Creates a stub for each call, because a stub stays broken after a failure. */
  #stub(shardName: string): ReturnType<Bindings["REALM_SHARDS"]["get"]> {
    let id = ids.get(shardName);
    if (!id) {
      id = this.#namespace.idFromName(shardName);
      ids.set(shardName, id);
    }
    return this.#namespace.get(id, this.#options);
  }
}

/** Object ids by shard name: deriving an id hashes the name, and an isolate calls the same few shards often. */
const ids = new BoundedCache<string, DurableObjectId>(limits.shardIdCacheMax);
