import { rowsOf } from "../paging/page-stream.ts";
import type { PageOptions } from "../protocol/commands.ts";
import {
  parseQuery,
  type WireGroupAnswer,
  type WireQuery,
  type WireQueryAnswer,
  type WireRow,
} from "../protocol/federation-wire.ts";
import { type GroupRequest, groupErrorCodes } from "../protocol/groups.ts";
import { splitAddress } from "../protocol/names.ts";
import { type Failure, failure } from "../protocol/replies.ts";
import { firstObject, type Host } from "../shard-api/realm-context.ts";
import { turnedAway } from "./authenticate-peer.ts";
import type { Visit } from "./federation-handlers.ts";

/** `POST /federation/query`: reads a chunk of a group, or changes a membership, for a user whom the calling realm vouches for. */
export async function query(
  visit: Visit,
  body: Uint8Array,
  host: Host,
): Promise<WireQueryAnswer | WireGroupAnswer | Failure> {
  const asked = parseQuery(body);
  if (!asked) return failure("bad-federation-request");
  const isOurs = splitAddress(asked.group).realm === host.realm && splitAddress(asked.by).realm === visit.from;
  if (!isOurs) return failure("peer-refused");
  if (asked.kind !== "read-group") return change(visit, asked, host);
  const answer = await firstObject(host).takeQuery(visit, asked.group, asked.by, pageOf(asked.page));
  if (answer.kind !== "chunk") return turnedAway(answer, visit, host.realm);
  const { chunk } = answer;
  if ("error" in chunk) return chunk.error === "no-such-group" ? { ok: false, error: chunk.error } : chunk;
  return { ok: true, rows: rowsOf<WireRow>(chunk), rest: chunk.rest };
}

async function change(visit: Visit, request: GroupRequest, host: Host): Promise<WireGroupAnswer | Failure> {
  const answer = await firstObject(host).takeGroupRequest(visit, request);
  if (answer.kind !== "reply") return turnedAway(answer, visit, host.realm);
  const { reply } = answer;
  if (reply.kind !== "failure") return { ok: true, reply };
  const error = groupErrorCodes.find((known) => known === reply.error);
  return error ? { ok: false, error } : reply;
}

/** The options that were given: one that is left out is not the same as one that is undefined. */
function pageOf(given: WireQuery["page"]): PageOptions {
  const page: PageOptions = {};
  for (const option of ["after", "before", "limit", "last", "wait"] as const) {
    const value = given[option];
    if (value !== undefined) page[option] = value;
  }
  return page;
}
