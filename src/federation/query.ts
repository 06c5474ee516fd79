import type { Config, Env } from "../env.ts";
import { parseQuery, type WireQueryAnswer, type WireRow } from "../protocol/federation.ts";
import { type RealmName, splitAddress } from "../protocol/names.ts";
import { type Failure, failure } from "../protocol/replies.ts";
import type { Visit } from "../realm/inbound.ts";
import { firstObject, turnedAway } from "./visit.ts";

/** `POST /federation/query`: reads a chunk of a group for a user whom the calling realm vouches for. */
export async function query(
  visit: Visit,
  body: Uint8Array,
  here: RealmName,
  env: Env,
  config: Config,
): Promise<WireQueryAnswer | Failure> {
  const asked = parseQuery(body);
  if (!asked) return failure("bad-federation-request");
  const isOurs = splitAddress(asked.group).realm === here && splitAddress(asked.by).realm === visit.from;
  if (!isOurs) return failure("peer-refused");
  // `exactOptionalPropertyTypes` tells an option that is left out from one that is undefined; JSON knows only the former.
  const page = JSON.parse(JSON.stringify(asked.page));
  const answer = await firstObject(env, config, here).takeQuery(visit, asked.group, page, asked.by);
  if (answer.kind !== "chunk") return turnedAway(answer, visit, here);
  const { chunk } = answer;
  if ("error" in chunk) {
    return chunk.error === "no-such-group" || chunk.error === "too-many-waiting"
      ? { ok: false, error: chunk.error }
      : chunk;
  }
  return { ok: true, rows: chunk.rows.map((row): WireRow => JSON.parse(row)), rest: chunk.rest };
}
