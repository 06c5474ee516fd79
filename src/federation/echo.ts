import type { Config, Env } from "../env.ts";
import { parseEcho, type WireEchoAnswer } from "../protocol/federation.ts";
import type { RealmName } from "../protocol/names.ts";
import { type Failure, failure } from "../protocol/replies.ts";
import type { Visit } from "../realm/inbound.ts";
import { firstObject } from "../realm/objects.ts";
import { turnedAway } from "./visit.ts";

/** `POST /federation/echo`: says back what it heard, so that an operator sees the whole way work. */
export async function echo(
  visit: Visit,
  body: Uint8Array,
  here: RealmName,
  env: Env,
  config: Config,
): Promise<WireEchoAnswer | Failure> {
  const asked = parseEcho(body);
  if (!asked) return failure("bad-federation-request");
  const admission = await firstObject(env, config, here).takeEcho(visit);
  if (admission.kind !== "in") return turnedAway(admission, visit, here);
  return { text: asked.text, realm: here, time: new Date().toISOString() };
}
