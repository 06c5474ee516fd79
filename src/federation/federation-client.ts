import { type FederationPolicy, peerOrigin } from "../config/federation-policy.ts";
import type { RealmName } from "../protocol/names.ts";
import type { StoredSigningKey } from "../shard-api/shard-api.ts";
import type { Clock } from "../storage/clock.ts";
import { logError } from "../storage/log.ts";
import { type SigningKey, signRequest } from "./http-signature.ts";
import { type FetchResult, fetchFromPeer, type OutboundFetchDeps } from "./outbound-fetch.ts";
import { parsePrivateKey } from "./signing-keys.ts";

export interface FederationClientDeps {
  /** This realm, in whose name the requests are signed. */
  realm: RealmName;
  policy: FederationPolicy;
  outbound: OutboundFetchDeps;
  clock: Clock;
  /** The realm's signing key, which shard 0 keeps. */
  signingKey: () => Promise<StoredSigningKey>;
}

/** Sends signed requests to realms of other deployments. */
export class FederationClient {
  readonly #deps: FederationClientDeps;
  #imported: SigningKey | null = null;

  constructor(deps: FederationClientDeps) {
    this.#deps = deps;
  }

  /** Sends a signed request. Never throws. */
  async post(to: RealmName, path: string, body: string, maxBytes: number, timeoutMs?: number): Promise<FetchResult> {
    const { realm: from, policy, outbound, clock } = this.#deps;
    const origin = peerOrigin(policy, to);
    if (!origin) return { ok: false, problem: "no-route-to-realm" };
    const signer = await this.#importedKey().catch((error) => {
      logError("signing-key-unavailable", error, { realm: from });
      return null;
    });
    if (!signer) return { ok: false, problem: "no-signing-key" };
    try {
      const request = await signRequest({ url: new URL(path, origin), body, from, to, signer, now: clock() });
      return await fetchFromPeer(outbound, request, maxBytes, timeoutMs);
    } catch (error) {
      logError("peer-request-failed", error, { peer: to, path, problem: "internal-error" });
      return { ok: false, problem: "internal-error" };
    }
  }

  async #importedKey(): Promise<SigningKey> {
    const { id, jwk } = await this.#deps.signingKey();
    if (this.#imported?.id !== id) {
      const key = await crypto.subtle.importKey("jwk", parsePrivateKey(jwk), "Ed25519", false, ["sign"]);
      this.#imported = { id, key };
    }
    return this.#imported;
  }
}
