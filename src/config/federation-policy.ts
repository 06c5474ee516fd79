import type { RealmName } from "../protocol/names.ts";
import { isAllowedPeerOrigin } from "../protocol/peer-origin-rules.ts";
import type { Config } from "./config.ts";

/** The part of the configuration that decides which peers a realm federates with, and at which origins. */
export type FederationPolicy = Pick<Config, "federation" | "peers" | "localPeers">;

/** The origin of a peer; null: the policy does not allow federation with it. */
export function peerOrigin(policy: FederationPolicy, realm: RealmName): URL | null {
  if (policy.federation === "off") return null;
  const configured = policy.peers.get(realm);
  if (configured) return isAllowedPeerOrigin(configured, policy.localPeers) ? configured : null;
  // In an open federation a realm name with a dot is also the host name of its origin.
  if (policy.federation !== "open" || !realm.includes(".")) return null;
  const origin = URL.parse(`https://${realm}`);
  // URL parsing may turn the name into another host name or an IP address.
  return origin?.hostname === realm && isAllowedPeerOrigin(origin, false) ? origin : null;
}
