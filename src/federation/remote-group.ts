import { limits } from "../limits.ts";
import type { Range } from "../paging/page-range.ts";
import type { Chunk } from "../paging/page-stream.ts";
import type { PageOptions } from "../protocol/commands.ts";
import {
  federationPaths,
  parseGroupAnswer,
  parseQueryAnswer,
  type WireQuery,
  type WireQueryAnswer,
} from "../protocol/federation-wire.ts";
import type { GroupReply, GroupRequest } from "../protocol/groups.ts";
import { type FullAddress, type RealmName, splitAddress } from "../protocol/names.ts";
import { type Failure, failure } from "../protocol/replies.ts";
import type { Https } from "./federation-client.ts";

/**
 * Reads a group of another realm, chunk by chunk, each a signed query. What comes is parsed and written anew: a peer's
 * bytes never reach a reader as they came.
 */
export async function readRemoteGroup(
  https: Https,
  group: FullAddress,
  by: FullAddress,
  page: PageOptions,
): Promise<Chunk | Failure> {
  const { realm } = splitAddress(group);
  const body = JSON.stringify({ kind: "read-group", group, by, page } satisfies WireQuery);
  const timeoutMs = limits.peerTimeoutMs + (page.wait ?? 0) * 1000;
  const answer = await https.post(realm, federationPaths.query, body, limits.queryAnswerMaxBytes, timeoutMs);
  if (!answer.ok) return away(realm, null);
  if (answer.status === 403) return failure("realm-refuses", { realm });
  if (answer.status !== 200) return away(realm, answer.headers.get("retry-after"));
  const parsed = parseQueryAnswer(answer.body);
  if (!parsed) return failure("realm-faulty", { realm });
  if (!parsed.ok) return failure(parsed.error, { address: group });
  return isForward(parsed, page) ? chunkOf(parsed) : failure("realm-faulty", { realm });
}

/** Asks something of a group of another realm, for a user of ours. */
export async function askRemoteGroup(https: Https, request: GroupRequest): Promise<GroupReply | Failure> {
  const { group } = request;
  const { realm } = splitAddress(group);
  const answer = await https.post(realm, federationPaths.query, JSON.stringify(request), limits.queryAnswerMaxBytes);
  if (!answer.ok) return away(realm, null);
  if (answer.status === 403) return failure("realm-refuses", { realm });
  if (answer.status !== 200) return away(realm, answer.headers.get("retry-after"));
  const parsed = parseGroupAnswer(answer.body);
  if (!parsed) return failure("realm-faulty", { realm });
  if (parsed.ok) return parsed.reply;
  const member = "member" in request ? request.member : request.by;
  return failure(parsed.error, { address: parsed.error === "no-such-user" ? member : group, group, member });
}

/** Ids only rise, there are no more than were asked for, and what is left lies behind them: a reader goes in no circle. */
function isForward({ rows, rest }: WireQueryAnswer & { ok: true }, page: PageOptions): boolean {
  const before = page.before ?? Number.MAX_SAFE_INTEGER;
  const most = page.limit ?? page.last ?? Number.MAX_SAFE_INTEGER;
  let last = page.after ?? 0;
  for (const { id } of rows) {
    if (id <= last || id >= before) return false;
    last = id;
  }
  if (rows.length > most) return false;
  if (rest === null) return true;
  const left = Math.min(rest.rows, rest.until - rest.after);
  const fits = left > 0 && left <= most - rows.length && rest.until < before;
  return rows.length > 0 && rest.after >= last && fits;
}

/** @param retryAfter what the realm asked for, in seconds */
function away(realm: RealmName, retryAfter: string | null): Failure {
  const asked = Number(retryAfter ?? 0);
  const seconds = asked >= 1 ? Math.min(Math.ceil(asked), limits.backoffMaxMs / 1000) : limits.unreachableRetrySeconds;
  return failure("realm-away", { realm, seconds }, seconds);
}

function chunkOf({ rows, rest }: WireQueryAnswer & { ok: true }): Chunk {
  return { rows: rows.map((row) => JSON.stringify(row)), rest };
}

/** The page that a range is, to ask for the rest of it. */
export function pageOf(range: Range): PageOptions {
  return { after: range.after, before: range.until + 1, ...(range.rows < limits.pageMaxRows && { limit: range.rows }) };
}
