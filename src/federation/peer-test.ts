import { type FederationPolicy, peerOrigin } from "../config/federation-policy.ts";
import { limits } from "../limits.ts";
import { federationPaths, parseEchoAnswer } from "../protocol/federation-wire.ts";
import { toJson } from "../protocol/json.ts";
import type { RealmName } from "../protocol/names.ts";
import type { PeerTestStep } from "../protocol/replies.ts";
import type { Clock } from "../storage/clock.ts";
import type { Discovery } from "./discovery.ts";
import type { FederationClient } from "./federation-client.ts";

export interface PeerTestDeps {
  policy: FederationPolicy;
  discovery: Discovery;
  client: FederationClient;
  clock: Clock;
  monotonic: Clock;
}

/** Tests federation with a realm step by step. The first step that fails is the last one. */
export async function testPeer(deps: PeerTestDeps, realm: RealmName): Promise<PeerTestStep[]> {
  const { policy, discovery, client, clock, monotonic } = deps;
  const steps: PeerTestStep[] = [];
  const step = (name: PeerTestStep["step"], ok: boolean, detail: string, ms?: number) => {
    steps.push({ step: name, ok, detail, ...(ms !== undefined && { ms }) });
    return ok;
  };

  const origin = peerOrigin(policy, realm);
  if (!step("name", origin !== null, origin?.origin ?? "not in PEERS, or not a public name")) return steps;

  const [askedAt, askedAtMonotonic] = [clock(), monotonic()];
  const result = await discovery.fetchWellKnown(realm);
  const tookMs = Math.round(monotonic() - askedAtMonotonic);
  step("well-known", result.ok, result.ok ? "read" : result.problem, tookMs);
  if (!result.ok) return steps;
  const { keys, time } = result.wellKnown;
  if (!step("key", keys.length > 0, `${keys.length} published`)) return steps;

  // The peer read its clock between request and answer.
  const skewSeconds = Math.round((Date.parse(time) - (askedAt + tookMs / 2)) / 1000);
  const isInTime = Math.abs(skewSeconds) <= limits.clockSkewSeconds;
  if (!step("clock", isInTime, `${skewSeconds} s apart`)) return steps;

  const text = crypto.randomUUID();
  const sentAt = monotonic();
  const answer = await client.post(realm, federationPaths.echo, toJson({ text }), limits.queryMaxBytes);
  const ms = Math.round(monotonic() - sentAt);
  if (!answer.ok) {
    step("signature", false, answer.problem, ms);
    return steps;
  }
  const { status, headers } = answer;
  // `unavailable`: the peer could not look up this realm's key, so it has not checked the signature.
  const isUnchecked = status === 503 && headers.get("error-code") === "unavailable";
  const signature = status === 401 ? "refused" : isUnchecked ? `status-${status}` : "accepted";
  if (!step("signature", signature === "accepted", signature, ms)) return steps;
  if (!step("policy", status !== 403, status === 403 ? "refused" : "accepted")) return steps;
  const echo = status === 200 ? parseEchoAnswer(answer.body) : null;
  const isSame = echo?.text === text && echo.realm === realm;
  step("echo", isSame, isSame ? "received" : `status-${status}`, ms);
  return steps;
}
