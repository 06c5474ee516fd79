import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What differs from one server to the next. */
export interface Setup {
  /** The names of modules, each with the file that holds it. The first one is the main module. */
  modules: readonly (readonly [name: string, file: string])[];
  /** The environment variables that the Worker gets. Their values stay out of the configuration: one is a secret. */
  variables: readonly string[];
  /** Whether peers may live on this machine and in private networks. */
  isLocal: boolean;
}

const wrangler = readFileSync(join(import.meta.dirname, "../../wrangler.toml"), "utf8");

/** Since 2026-08-04 the date implies it. wrangler asks for it, and workerd complains of it. */
const implied = '"nodejs_compat", ';

/**
 * A configuration of workerd, in the text form of Cap'n Proto. Where it listens (`http`) and where its objects lie
 * (`objects`) is said on the command line.
 */
export function configText({ modules, variables, isLocal }: Setup): string {
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "realm", worker = .realm),
    (name = "internet", network = .internet),
    (name = "objects", disk = (writable = true)) ],
  sockets = [(name = "http", http = (), service = "realm")] );

const realm :Workerd.Worker = (
  modules = [${modules.map(([name, file]) => `(name = ${text(name)}, esModule = embed ${text(file)})`).join(", ")}],
  compatibilityDate = ${setting("compatibility_date")},
  compatibilityFlags = ${setting("compatibility_flags").replace(implied, "")},
  # A realm is found by these keys, for as long as it lives: with another one its objects would be new and empty.
  durableObjectNamespaces = [
    (className = "RealmShard", uniqueKey = "ranah-realm-shard", enableSql = true),
    (className = "PasswordHasher", uniqueKey = "ranah-password-hasher", enableSql = true) ],
  durableObjectStorage = (localDisk = "objects"),
  bindings = [
    (name = "REALM_SHARDS", durableObjectNamespace = "RealmShard"),
    (name = "PASSWORD_HASHERS", durableObjectNamespace = "PasswordHasher"),
    ${variables.map((name) => `(name = ${text(name)}, fromEnvironment = ${text(name)})`).join(", ")} ] );

const internet :Workerd.Network = (
  allow = ["public"${isLocal ? ', "private"' : ""}],
  tlsOptions = (trustBrowserCas = true) );
`;
}

/** A top-level setting of wrangler.toml. A text, and an array of texts, is written the same way in both languages. */
function setting(name: string): string {
  const value = new RegExp(`^${name} = (.+)$`, "m").exec(wrangler)?.[1];
  if (!value) throw new Error(`wrangler.toml has no ${name}`);
  return value;
}

const text = (value: string) => JSON.stringify(value);
