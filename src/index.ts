/** The deployment's entry: the Worker, and the Durable Objects that it binds. */
export { PasswordHasher } from "./cloudflare/password-hasher.ts";
export { RealmShard } from "./cloudflare/realm-shard.ts";
export { worker as default } from "./cloudflare/worker.ts";
