import { configOf, type Env } from "../config/config.ts";
import type { Host } from "../shard-api/realm-context.ts";

/**
 * The realm that a request is for, by its host name. A deployment that hosts one realm answers to any name.
 *
 * @throws ConfigError
 */
export function hostOf(env: Env, request: Request): Host {
  const config = configOf(env);
  // To parse the URL is not free, and most deployments host one realm.
  if (config.realms.size === 0) return { env, config, realm: config.realm };
  const name = new URL(request.url).hostname.replace(/\.$/, "");
  return { env, config, realm: config.realms.get(name) ?? config.realm };
}
