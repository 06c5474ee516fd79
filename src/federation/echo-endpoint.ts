import { parseEcho, type WireEchoAnswer } from "../protocol/federation-wire.ts";
import { type Failure, failure } from "../protocol/replies.ts";
import { firstObject, type Host } from "../shard-api/realm-context.ts";
import { turnedAway } from "./authenticate-peer.ts";
import type { Visit } from "./federation-handlers.ts";

/** `POST /federation/echo`: says back what it heard, so that an operator sees the whole way work. */
export async function echo(visit: Visit, body: Uint8Array, host: Host): Promise<WireEchoAnswer | Failure> {
  const asked = parseEcho(body);
  if (!asked) return failure("bad-federation-request");
  const admission = await firstObject(host).takeEcho(visit);
  if (admission.kind !== "in") return turnedAway(admission, visit, host.realm);
  return { text: asked.text, realm: host.realm, time: new Date().toISOString() };
}
