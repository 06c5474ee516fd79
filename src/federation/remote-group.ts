import { limits } from "../limits.ts";
import type { Chunk } from "../paging/chunk.ts";
import type { PageOptions } from "../protocol/commands.ts";
import {
  federationPaths,
  parseGroupAnswer,
  parseQueryAnswer,
  type WireQuery,
  type WireQueryAnswer,
} from "../protocol/federation-wire.ts";
import type { GroupReply, GroupRequest } from "../protocol/group-requests.ts";
import { toJson } from "../protocol/json.ts";
import { type FullAddress, isSystemOfOther, type RealmName, splitAddress } from "../protocol/names.ts";
import { type Failure, failure } from "../protocol/replies.ts";
import type { FederationClient } from "./federation-client.ts";

/**
 * Reads one chunk of a group of another realm, for an account of this realm. The answer is parsed and serialized anew: the
 * peer's bytes never reach a reader unchecked.
 */
export async function readRemoteGroup(
  client: FederationClient,
  group: FullAddress,
  by: FullAddress,
  page: PageOptions,
): Promise<Chunk | Failure> {
  const { realm } = splitAddress(group);
  const body = toJson({ kind: "read-group", group, by, page } satisfies WireQuery);
  const timeoutMs = limits.peerTimeoutMs + (page.wait ?? 0) * 1000;
  const answer = await client.post(realm, federationPaths.query, body, limits.queryAnswerMaxBytes, timeoutMs);
  if (!answer.ok) return realmUnreachable(realm, null);
  if (answer.status === 403) return failure("realm-refuses", { realm });
  if (answer.status !== 200) return realmUnreachable(realm, answer.headers.get("retry-after"));
  const parsed = parseQueryAnswer(answer.body);
  if (!parsed) return failure("realm-faulty", { realm });
  if (!parsed.ok) return failure(parsed.error, { address: group });
  const isForged = parsed.rows.some(({ from }) => isSystemOfOther(from, realm));
  return isWithinPage(parsed, page) && !isForged ? chunkOf(parsed) : failure("realm-faulty", { realm });
}

/** Sends a group request of an account of this realm to the realm of the group. */
export async function requestRemoteGroup(
  client: FederationClient,
  request: GroupRequest,
): Promise<GroupReply | Failure> {
  const { group } = request;
  const { realm } = splitAddress(group);
  const answer = await client.post(realm, federationPaths.query, toJson(request), limits.queryAnswerMaxBytes);
  if (!answer.ok) return realmUnreachable(realm, null);
  if (answer.status === 403) return failure("realm-refuses", { realm });
  if (answer.status !== 200) return realmUnreachable(realm, answer.headers.get("retry-after"));
  const parsed = parseGroupAnswer(answer.body);
  if (!parsed) return failure("realm-faulty", { realm });
  if (parsed.ok) return parsed.reply;
  const member = "member" in request ? request.member : request.by;
  return failure(parsed.error, { address: parsed.error === "no-such-user" ? member : group, group, member });
}

/**
 * Whether an answer is one that an honest peer gives: ids rise, there are at most as many rows as the page has, and the rest
 * lies behind them. A reader that follows `rest` cannot be sent in a circle.
 */
function isWithinPage({ rows, rest }: WireQueryAnswer & { ok: true }, page: PageOptions): boolean {
  const before = page.before ?? Number.MAX_SAFE_INTEGER;
  const maxRows = page.limit ?? page.last ?? Number.MAX_SAFE_INTEGER;
  let last = page.after ?? 0;
  for (const { id } of rows) {
    if (id <= last || id >= before) return false;
    last = id;
  }
  if (rows.length > maxRows) return false;
  if (rest === null) return true;
  const remaining = Math.min(rest.rows, rest.until - rest.after);
  const fits = remaining > 0 && remaining <= maxRows - rows.length && rest.until < before;
  return rows.length > 0 && rest.after >= last && fits;
}

/** @param retryAfter the header `Retry-After` of the peer, in seconds */
function realmUnreachable(realm: RealmName, retryAfter: string | null): Failure {
  const given = Number(retryAfter ?? 0);
  const seconds = given >= 1 ? Math.min(Math.ceil(given), limits.backoffMaxMs / 1000) : limits.unreachableRetrySeconds;
  return failure("realm-away", { realm, seconds }, seconds);
}

function chunkOf({ rows, rest }: WireQueryAnswer & { ok: true }): Chunk {
  return { rows: rows.map((row) => toJson(row)), rest };
}
