import { parseEcho, type WireEchoAnswer } from "../protocol/federation-wire.ts";
import { toJson } from "../protocol/json.ts";
import { type Failure, failure } from "../protocol/replies.ts";
import { type RealmContext, shardZero } from "../shard-api/realm-context.ts";
import type { PeerRequest } from "../shard-api/shard-api.ts";
import { rejectAdmission } from "./authenticate-peer.ts";

/** `POST /federation/echo`: answers the same text, for `peertest`. @returns the JSON text of the answer */
export async function handleEcho(
  peer: PeerRequest,
  body: Uint8Array,
  context: RealmContext,
): Promise<string | Failure> {
  const request = parseEcho(body);
  if (!request) return failure("bad-federation-request");
  const admission = await shardZero(context).receiveEcho(peer);
  if (admission.kind !== "admitted") return rejectAdmission(admission, peer, context.realm);
  const answer = { text: request.text, realm: context.realm, time: new Date().toISOString() };
  return toJson(answer satisfies WireEchoAnswer);
}
