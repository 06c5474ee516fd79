import type { Config } from "../config/config.ts";
import type { RealmName } from "../protocol/names.ts";
import { isAllowedOrigin } from "../protocol/origins.ts";

/** Which realms this one talks to, and where they live. Pure. */
export type Federation = Pick<Config, "federation" | "peers" | "localPeers">;

/** The origin of another deployment's realm, or null: there is no way to it from here. */
export function originOf(federation: Federation, realm: RealmName): URL | null {
  if (federation.federation === "off") return null;
  const configured = federation.peers.get(realm);
  if (configured) return isAllowedOrigin(configured, federation.localPeers) ? configured : null;
  // In an open federation a name with a dot is its own origin.
  if (federation.federation !== "open" || !realm.includes(".")) return null;
  const origin = URL.parse(`https://${realm}`);
  // A name that URL parsing reads as another one, or as an address, is no host of ours to ask.
  return origin?.hostname === realm && isAllowedOrigin(origin, false) ? origin : null;
}
