import type { PasswordHasher } from "./password-hasher.ts";
import type { RealmShard } from "./realm-shard.ts";

/** The bindings of wrangler.toml. The object also holds the configuration variables. */
export interface Bindings extends Record<string, unknown> {
  REALM_SHARDS: DurableObjectNamespace<RealmShard>;
  PASSWORD_HASHERS: DurableObjectNamespace<PasswordHasher>;
  /** A coarse rate limit of registrations and logins; undefined on plain workerd. */
  LOGIN_RATE?: RateLimit;
}
