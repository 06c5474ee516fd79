import * as v from "valibot";
import { limits } from "../limits.ts";
import { parseRealm, type RealmName } from "../protocol/names.ts";
import { isAllowedPeerOrigin } from "../protocol/peer-origin-rules.ts";
import { type Network, parseNetwork } from "./network.ts";

/** The parsed configuration of a deployment. */
export interface Config {
  /** The default realm: it answers requests to a host name that is not in `realms`. */
  realm: RealmName;
  /** Realms by host name. */
  realms: ReadonlyMap<string, RealmName>;
  /** All realms of this deployment. */
  hosted: ReadonlySet<RealmName>;
  /** The number of shards of each realm. */
  shards: number;
  /** Where Cloudflare creates new shards; undefined: near their first user. */
  region: (typeof regions)[number] | undefined;
  registration: "open" | "invite" | "closed";
  federation: "peers" | "open" | "off";
  /** Origins of peers by realm name. */
  peers: ReadonlyMap<RealmName, URL>;
  /** Messages per second that one peer may deliver. */
  peerRate: number;
  /** Bytes a day that a realm may send which is not in `peers`. */
  strangeRealmBytesPerDay: number;
  /** Development only: allows peers on this machine over plain HTTP. */
  localPeers: boolean;
  /** Days after which messages are deleted; null: never. */
  retentionDays: number | null;
  /** Commands a second that one account may send. */
  accountRate: number;
  /** Bytes that one account may store. */
  accountQuotaBytes: number;
  /** Self-hosted only: proxies whose `X-Forwarded-For` is believed, besides this machine. */
  trustedProxies: readonly Network[];
  /** Whether first messages from other realms wait to be accepted, where an account has not chosen. */
  contactRequests: boolean;
  /** A log line for each request. */
  requestLog: boolean;
  operatorToken: string | null;
}

const jsonText = v.pipe(v.string(), v.parseJson());
const wholeNumber = (min: number, max: number) =>
  v.message(
    v.pipe(
      v.union([v.pipe(v.number(), v.integer()), v.pipe(v.string(), v.digits(), v.transform(Number))]),
      v.minValue(min),
      v.maxValue(max),
    ),
    `must be a whole number from ${min} to ${max}`,
  );
const oneOf = <const Options extends readonly string[]>(options: Options) =>
  v.picklist(options, `must be one of ${options.join(", ")}`);
const notARealm = "is no name of a realm";
const realmName = v.pipe(
  v.string(notARealm),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const name = parseRealm(dataset.value);
    if (name) return name;
    addIssue({ message: notARealm });
    return NEVER;
  }),
);
const origin = v.pipe(
  v.string("is no URL"),
  v.url("is no URL"),
  v.transform((text) => new URL(text)),
  // A path would be ignored without any notice to the operator.
  v.check((url) => url.href === `${url.origin}/`, "is more than an origin: leave out user, password, path and query"),
);
/** A host name as in a URL. A key with a port, scheme or wildcard would match no request, so the default realm would answer. */
const hostName = v.pipe(
  v.string(),
  v.toLowerCase(),
  v.check((name) => URL.parse(`http://${name}`)?.hostname === name && !/\*|\.$/.test(name), "is no host name"),
);
const notATable = "must be a table, or a JSON object as text";
/** A TOML table or JSON object, or its JSON text. */
const table = <S extends v.GenericSchema>(value: S, key: v.GenericSchema<string, string> = v.string()) =>
  v.pipe(
    v.union([v.record(v.string(), v.unknown()), jsonText], notATable),
    v.check((given) => !Array.isArray(given), notATable),
    v.record(key, value, notATable),
  );
const regions = ["wnam", "enam", "sam", "weur", "eeur", "apac", "apac-ne", "apac-se", "oc", "afr", "me"] as const;

const notNetworks = "must be IP addresses or networks such as 172.17.0.0/16, separated by commas";
const networks = v.pipe(
  v.string(notNetworks),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const parsed = dataset.value.split(",").map((text) => parseNetwork(text.trim()));
    if (parsed.every((network) => network !== null)) return parsed;
    addIssue({ message: notNetworks });
    return NEVER;
  }),
);

const megabyte = 1024 * 1024;

const schema = v.object({
  REALM: realmName,
  REALMS: v.optional(table(realmName, hostName), {}),
  SHARDS: v.optional(wholeNumber(1, limits.shardsMax), 1),
  REGION: v.optional(oneOf(regions)),
  REGISTRATION: v.optional(oneOf(["open", "invite", "closed"]), "open"),
  FEDERATION: v.optional(oneOf(["peers", "open", "off"]), "peers"),
  PEERS: v.optional(table(origin), {}),
  PEER_RATE: v.optional(wholeNumber(1, limits.peerRateMax), limits.peerRatePerSecond),
  STRANGE_REALM_DAILY_MB: v.optional(
    wholeNumber(1, limits.strangeRealmDailyMaxMb),
    limits.strangeRealmBytesPerDay / megabyte,
  ),
  LOCAL_PEERS: v.optional(oneOf(["yes", "no"]), "no"),
  RETENTION_DAYS: v.optional(v.nullable(wholeNumber(limits.retentionMinDays, limits.retentionMaxDays)), null),
  ACCOUNT_RATE: v.optional(wholeNumber(1, limits.accountRateMax), limits.accountRatePerSecond),
  ACCOUNT_QUOTA_MB: v.optional(wholeNumber(1, limits.accountQuotaMaxMb), limits.accountQuotaBytes / megabyte),
  CONTACT_REQUESTS: v.optional(oneOf(["on", "off"]), "off"),
  REQUEST_LOG: v.optional(oneOf(["yes", "no"]), "no"),
  TRUSTED_PROXIES: v.optional(networks),
  // The Authorization header carries only visible ASCII characters.
  OPERATOR_TOKEN: v.optional(
    v.nullable(
      v.message(
        v.pipe(v.string(), v.minLength(limits.operatorTokenMinChars), v.regex(/^[!-~]+$/)),
        `must have at least ${limits.operatorTokenMinChars} characters, all of visible ASCII`,
      ),
    ),
    null,
  ),
});

/** The names of all configuration variables. */
export const variableNames = Object.keys(schema.entries);

/**
 * An invalid configuration. Its message names the variables with what is wrong, without their values, because the operator token
 * is a secret.
 */
export class ConfigError extends Error {}

/**
 * Parses the configuration.
 *
 * @param variables text from the environment, or JSON values from wrangler.toml; other names than `variableNames` are ignored
 * @throws ConfigError if a variable is invalid
 */
export function parseConfig(variables: Readonly<Record<string, unknown>>): Config {
  const values = Object.fromEntries(variableNames.map((name) => [name, emptyAsUnset(variables[name])]));
  const result = v.safeParse(schema, values);
  if (!result.success) throw configError(faultsOf(result.issues));
  const vars = result.output;
  const realms = new Map(Object.entries(vars.REALMS));
  const hosted = new Set([vars.REALM, ...realms.values()]);
  const localPeers = vars.LOCAL_PEERS === "yes";
  return {
    realm: vars.REALM,
    realms,
    hosted,
    shards: vars.SHARDS,
    region: vars.REGION,
    registration: vars.REGISTRATION,
    federation: vars.FEDERATION,
    peers: parsePeers(vars.PEERS, hosted, localPeers),
    peerRate: vars.PEER_RATE,
    strangeRealmBytesPerDay: vars.STRANGE_REALM_DAILY_MB * megabyte,
    localPeers,
    retentionDays: vars.RETENTION_DAYS,
    accountRate: vars.ACCOUNT_RATE,
    accountQuotaBytes: vars.ACCOUNT_QUOTA_MB * megabyte,
    contactRequests: vars.CONTACT_REQUESTS === "on",
    requestLog: vars.REQUEST_LOG === "yes",
    trustedProxies: vars.TRUSTED_PROXIES ?? [],
    operatorToken: vars.OPERATOR_TOKEN,
  };
}

/** Rejects a peer that can never be reached. Otherwise the mistake would appear only when an account sends to it. */
function parsePeers(
  origins: Record<string, URL>,
  hosted: ReadonlySet<RealmName>,
  localPeers: boolean,
): ReadonlyMap<RealmName, URL> {
  const peers = new Map<RealmName, URL>();
  for (const [text, url] of Object.entries(origins)) {
    const name = parseRealm(text);
    const fault = peerFault(name, url, hosted, localPeers);
    if (!name || fault) throw configError(new Map([["PEERS", `${text}: ${fault}`]]));
    peers.set(name, url);
  }
  return peers;
}

function peerFault(
  name: RealmName | null,
  url: URL,
  hosted: ReadonlySet<RealmName>,
  localPeers: boolean,
): string | null {
  if (!name) return notARealm;
  if (hosted.has(name)) return "is a realm of this deployment, which needs no peer";
  if (isAllowedPeerOrigin(url, localPeers)) return null;
  return "its origin must be https on port 443, with a public host name; for development see LOCAL_PEERS";
}

/** The first fault of each variable. The messages are those of the schema above: valibot's own ones quote values. */
function faultsOf(issues: readonly v.BaseIssue<unknown>[]): Map<string, string> {
  const faults = new Map<string, string>();
  for (const { path, message } of issues) {
    const [variable = "?", entry] = (path ?? []).map(({ key }) => String(key));
    if (!faults.has(variable)) faults.set(variable, entry === undefined ? message : `${entry}: ${message}`);
  }
  return faults;
}

function configError(faults: ReadonlyMap<string, string>): ConfigError {
  const list = [...faults].map(([variable, fault]) => `${variable} (${fault})`);
  return new ConfigError(`configuration: ${list.join(", ")} cannot be used as given`);
}

/** An empty text means unset: TOML and the environment have no null. */
function emptyAsUnset(value: unknown): unknown {
  return value === "" ? undefined : value;
}
