import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface WorkerdConfigOptions {
  /** Module names, each with the path of its file. The first one is the main module. */
  modules: readonly (readonly [name: string, file: string])[];
  /** The environment variables that the Worker reads. The file has no values, because the operator token is a secret. */
  variableNames: readonly string[];
  /** Whether the Worker may call peers on this machine and in private networks. */
  localPeers: boolean;
}

const wrangler = readFileSync(join(import.meta.dirname, "../../wrangler.toml"), "utf8");

/** Implied by compatibility dates from 2026-08-04 on. wrangler still needs the flag, and workerd warns about it. */
const impliedFlag = '"nodejs_compat", ';

/**
 * The configuration of workerd as Cap'n Proto text. The command line sets the listen address (`http`) and the folder of the
 * Durable Objects (`objects`).
 */
export function workerdConfig({ modules, variableNames, localPeers }: WorkerdConfigOptions): string {
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "realm", worker = .realm),
    (name = "internet", network = .internet),
    (name = "objects", disk = (writable = true)) ],
  sockets = [(name = "http", http = (), service = "realm")] );

const realm :Workerd.Worker = (
  modules = [${modules.map(([name, file]) => `(name = ${quoted(name)}, esModule = embed ${quoted(file)})`).join(", ")}],
  compatibilityDate = ${setting("compatibility_date")},
  compatibilityFlags = ${setting("compatibility_flags").replace(impliedFlag, "")},
  # Never change these keys: the ids of the Durable Objects depend on them, and with another key every object is empty.
  durableObjectNamespaces = [
    (className = "RealmShard", uniqueKey = "ranah-realm-shard", enableSql = true),
    (className = "PasswordHasher", uniqueKey = "ranah-password-hasher", enableSql = true) ],
  durableObjectStorage = (localDisk = "objects"),
  bindings = [
    (name = "REALM_SHARDS", durableObjectNamespace = "RealmShard"),
    (name = "PASSWORD_HASHERS", durableObjectNamespace = "PasswordHasher"),
    ${variableNames.map((name) => `(name = ${quoted(name)}, fromEnvironment = ${quoted(name)})`).join(", ")} ] );

const internet :Workerd.Network = (
  allow = ["public"${localPeers ? ', "private"' : ""}],
  tlsOptions = (trustBrowserCas = true) );
`;
}

/** A top-level setting of wrangler.toml. Strings and arrays of strings have the same syntax in TOML and Cap'n Proto. */
function setting(name: string): string {
  const value = new RegExp(`^${name} = (.+)$`, "m").exec(wrangler)?.[1];
  if (!value) throw new Error(`wrangler.toml has no ${name}`);
  return value;
}

const quoted = (value: string) => JSON.stringify(value);
