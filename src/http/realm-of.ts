import type { Config } from "../env.ts";
import type { RealmName } from "../protocol/names.ts";

/** The realm that a request is for, by its host name. A deployment that hosts one realm answers to any name. */
export function realmOf(config: Config, request: Request): RealmName {
  return config.realms.get(new URL(request.url).hostname.replace(/\.$/, "")) ?? config.realm;
}
