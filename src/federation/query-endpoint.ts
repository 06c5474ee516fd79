import type { PageOptions } from "../protocol/commands.ts";
import { parseQuery, type WireGroupAnswer, type WireQuery, type WireQueryAnswer } from "../protocol/federation-wire.ts";
import { type GroupRequest, groupErrorCodes } from "../protocol/group-requests.ts";
import { toJson } from "../protocol/json.ts";
import { splitAddress } from "../protocol/names.ts";
import { type Failure, failure } from "../protocol/replies.ts";
import { type RealmContext, shardZero } from "../shard-api/realm-context.ts";
import type { PeerRequest } from "../shard-api/shard-api.ts";
import { rejectAdmission } from "./authenticate-peer.ts";

/**
 * `POST /federation/query`: reads a chunk of a group, or changes a membership, for an account that the peer vouches for.
 *
 * @returns the JSON text of the answer
 */
export async function handleQuery(
  peer: PeerRequest,
  body: Uint8Array,
  context: RealmContext,
): Promise<string | Failure> {
  const request = parseQuery(body);
  if (!request) return failure("bad-federation-request");
  const isAllowed = splitAddress(request.group).realm === context.realm && splitAddress(request.by).realm === peer.from;
  if (!isAllowed) return failure("peer-refused");
  return request.kind === "read-group" ? readGroup(peer, request, context) : requestGroup(peer, request, context);
}

async function readGroup(peer: PeerRequest, request: WireQuery, context: RealmContext): Promise<string | Failure> {
  const page = pageOptionsOf(request.page);
  const answer = await shardZero(context).receiveGroupQuery(peer, request.group, request.by, page);
  if (answer.kind !== "chunk") return rejectAdmission(answer, peer, context.realm);
  const { chunk } = answer;
  if ("error" in chunk) {
    if (chunk.error !== "no-such-group") return chunk;
    return toJson({ ok: false, error: chunk.error } satisfies WireQueryAnswer);
  }
  // The rows of a chunk are JSON texts already.
  return `{"ok":true,"rows":[${chunk.rows.join(",")}],"rest":${toJson(chunk.rest)}}`;
}

async function requestGroup(
  peer: PeerRequest,
  request: GroupRequest,
  context: RealmContext,
): Promise<string | Failure> {
  const answer = await shardZero(context).receiveGroupRequest(peer, request);
  if (answer.kind !== "reply") return rejectAdmission(answer, peer, context.realm);
  const { reply } = answer;
  if (reply.kind !== "failure") return toJson({ ok: true, reply } satisfies WireGroupAnswer);
  const error = groupErrorCodes.find((known) => known === reply.error);
  return error ? toJson({ ok: false, error } satisfies WireGroupAnswer) : reply;
}

/** Without the options that are undefined: their types do not allow it. */
function pageOptionsOf(given: WireQuery["page"]): PageOptions {
  const page: PageOptions = {};
  for (const option of ["after", "before", "limit", "last", "wait"] as const) {
    const value = given[option];
    if (value !== undefined) page[option] = value;
  }
  return page;
}
