import type { Config } from "../env.ts";
import type { RealmName } from "../protocol/names.ts";

/** The realm that a request is for, by its host name. A deployment that hosts one realm answers to any name. */
export function realmOf(config: Config, request: Request): RealmName {
  // To parse the URL is not free, and most deployments host one realm.
  if (config.realms.size === 0) return config.realm;
  return config.realms.get(new URL(request.url).hostname.replace(/\.$/, "")) ?? config.realm;
}
