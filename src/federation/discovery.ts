import type { FederationPolicy } from "../config/federation-policy.ts";
import { peerOrigin } from "../config/federation-policy.ts";
import { limits } from "../limits.ts";
import { federationPaths, parseWellKnown, type WellKnown } from "../protocol/federation-wire.ts";
import type { RealmName } from "../protocol/names.ts";
import { fetchFromPeer, type OutboundFetchDeps } from "./outbound-fetch.ts";
import type { PeerProblem } from "./peer-problems.ts";

export type WellKnownResult = { ok: true; wellKnown: WellKnown } | { ok: false; problem: PeerProblem };

export interface DiscoveryDeps {
  policy: FederationPolicy;
  outbound: OutboundFetchDeps;
}

/** Reads what other realms publish about themselves. */
export class Discovery {
  readonly #deps: DiscoveryDeps;

  constructor(deps: DiscoveryDeps) {
    this.#deps = deps;
  }

  /** `GET /.well-known/ranah` of a peer. A document that names another realm is rejected. Never throws. */
  async fetchWellKnown(realm: RealmName): Promise<WellKnownResult> {
    const { policy, outbound } = this.#deps;
    const origin = peerOrigin(policy, realm);
    if (!origin) return { ok: false, problem: "no-route-to-realm" };
    const request = new Request(new URL(federationPaths.wellKnown, origin));
    const answer = await fetchFromPeer(outbound, request, limits.wellKnownMaxBytes);
    if (!answer.ok) return answer;
    if (answer.status !== 200) return { ok: false, problem: `status-${answer.status}` };
    const wellKnown = parseWellKnown(answer.body);
    if (!wellKnown) return { ok: false, problem: "invalid-well-known" };
    if (wellKnown.realm !== realm) return { ok: false, problem: "realm-name-mismatch" };
    const areOwn = Object.values(wellKnown.endpoints).every((path) => isSameOrigin(path, origin));
    return areOwn ? { ok: true, wellKnown } : { ok: false, problem: "endpoint-origin-mismatch" };
  }
}

function isSameOrigin(path: string, origin: URL): boolean {
  return URL.parse(path, origin)?.origin === origin.origin;
}
