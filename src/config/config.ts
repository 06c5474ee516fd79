import * as v from "valibot";
import type { PasswordHasher } from "../cloudflare/password-hasher.ts";
import { limits } from "../limits.ts";
import { parseRealm, type RealmName } from "../protocol/names.ts";
import { isAllowedOrigin } from "../protocol/origins.ts";
import type { RealmShard } from "../shard/shard.ts";

/** What the deployment binds. Variables come as text from a command line and as JSON from wrangler.toml. */
export interface Env {
  REALM_SHARDS: DurableObjectNamespace<RealmShard>;
  PASSWORD_HASHERS: DurableObjectNamespace<PasswordHasher>;
  /** A coarse shield; plain workerd has none, so it may be missing. */
  LOGIN_RATE?: RateLimit;
  REALM: string;
  REALMS?: string | Record<string, string>;
  SHARDS?: string | number;
  REGION?: string;
  REGISTRATION?: string;
  FEDERATION?: string;
  PEERS?: string | Record<string, string>;
  PEER_RATE?: string | number;
  LOCAL_PEERS?: string;
  RETENTION_DAYS?: string | number;
  OPERATOR_TOKEN?: string;
}

/** The configuration, checked. */
export interface Config {
  /** The realm of every host name that `realms` does not list. */
  realm: RealmName;
  /** Host name to realm. */
  realms: ReadonlyMap<string, RealmName>;
  /** Every realm that lives in this deployment. */
  hosted: ReadonlySet<RealmName>;
  shards: number;
  region: DurableObjectLocationHint | undefined;
  registration: "open" | "invite" | "closed";
  federation: "peers" | "open" | "off";
  /** RealmShard name to origin. */
  peers: ReadonlyMap<RealmName, URL>;
  /** Messages a second that one peer may bring. */
  peerRate: number;
  /** Development only: peers on this machine, over plain HTTP. */
  localPeers: boolean;
  /** Days after which messages go, or null: never. */
  retentionDays: number | null;
  operatorToken: string | null;
}

const json = v.pipe(v.string(), v.parseJson());
const whole = (least: number, most: number) =>
  v.pipe(
    v.union([v.pipe(v.number(), v.integer()), v.pipe(v.string(), v.digits(), v.transform(Number))]),
    v.minValue(least),
    v.maxValue(most),
  );
const realmName = v.pipe(
  v.string(),
  v.transform(parseRealm),
  v.check((name) => name !== null, "not a realm name"),
  v.transform((name) => name as RealmName),
);
const origin = v.pipe(
  v.string(),
  v.url(),
  v.transform((text) => new URL(text)),
  // What stands behind it would be left out, and its author would not know.
  v.check((url) => url.href === `${url.origin}/`, "not an origin"),
);
/** As a URL has it: a key with a port, a scheme or a star would match no request, and its people would be the default realm's. */
const hostName = v.pipe(
  v.string(),
  v.toLowerCase(),
  v.check((name) => URL.parse(`http://${name}`)?.hostname === name && !/\*|\.$/.test(name), "not a host name"),
);
const table = <S extends v.GenericSchema>(value: S, key: v.GenericSchema<string, string> = v.string()) =>
  v.pipe(v.union([v.record(v.string(), v.unknown()), json]), v.record(key, value));
const regions = ["wnam", "enam", "sam", "weur", "eeur", "apac", "apac-ne", "apac-se", "oc", "afr", "me"] as const;

const schema = v.object({
  REALM: realmName,
  REALMS: v.optional(table(realmName, hostName), {}),
  SHARDS: v.optional(whole(1, limits.shardsMax), 1),
  REGION: v.optional(v.picklist(regions)),
  REGISTRATION: v.optional(v.picklist(["open", "invite", "closed"]), "open"),
  FEDERATION: v.optional(v.picklist(["peers", "open", "off"]), "peers"),
  PEERS: v.optional(table(origin), {}),
  PEER_RATE: v.optional(whole(1, limits.peerRateMax), limits.peerRatePerSecond),
  LOCAL_PEERS: v.optional(v.picklist(["yes", "no"]), "no"),
  RETENTION_DAYS: v.optional(v.nullable(whole(limits.retentionMinDays, limits.retentionMaxDays)), null),
  // A header carries no other characters.
  OPERATOR_TOKEN: v.optional(
    v.nullable(v.pipe(v.string(), v.minLength(limits.operatorTokenMinChars), v.regex(/^[!-~]+$/))),
    null,
  ),
});

/** The names of all variables. */
export const variables = Object.keys(schema.entries);

/** A configuration is read once for each isolate: bindings do not change while it lives. */
const checked = new WeakMap<object, Config | ConfigError>();

/** Carries what is wrong, for the log only. Values stay out of it: one of them is a secret. */
export class ConfigError extends Error {}

/** @throws ConfigError naming each wrong variable */
export function configOf(env: Env): Config {
  let known = checked.get(env);
  if (!known) {
    known = read(env);
    checked.set(env, known);
  }
  if (known instanceof ConfigError) throw known;
  return known;
}

function read(env: Env): Config | ConfigError {
  const given = Object.fromEntries(variables.map((key) => [key, unset(env[key as keyof Env])]));
  const result = v.safeParse(schema, given);
  if (!result.success) {
    return unusable(...new Set(result.issues.map((issue) => String(issue.path?.[0]?.key ?? "?"))));
  }
  const vars = result.output;
  const realms = new Map(Object.entries(vars.REALMS));
  const hosted = new Set([vars.REALM, ...realms.values()]);
  const localPeers = vars.LOCAL_PEERS === "yes";
  const peers = new Map(Object.entries(vars.PEERS).map(([name, url]) => [parseRealm(name), url] as const));
  for (const [name, url] of peers) {
    // A peer that could never be spoken to is a mistake, and one that shows only when somebody writes to it.
    if (!name || hosted.has(name) || !isAllowedOrigin(url, localPeers)) return unusable("PEERS");
  }
  return {
    realm: vars.REALM,
    realms,
    hosted,
    shards: vars.SHARDS,
    region: vars.REGION,
    registration: vars.REGISTRATION,
    federation: vars.FEDERATION,
    peers: peers as ReadonlyMap<RealmName, URL>,
    peerRate: vars.PEER_RATE,
    localPeers,
    retentionDays: vars.RETENTION_DAYS,
    operatorToken: vars.OPERATOR_TOKEN,
  };
}

function unusable(...variables: string[]): ConfigError {
  return new ConfigError(`configuration: ${variables.join(", ")} cannot be used as given`);
}

/** An empty variable is one that was not set: TOML and command lines have no other word for it. */
function unset(value: unknown): unknown {
  return value === "" ? undefined : value;
}
