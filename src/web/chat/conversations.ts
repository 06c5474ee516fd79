import type { GroupRole, JoinedGroup, ConversationSummary as Thread } from "../../protocol/replies.ts";
import type { Kind, Row } from "./reply-parser.ts";

/** One line of the list. */
export interface Conversation {
  kind: Kind;
  /** The other account, or the group; always a full address. */
  address: string;
  /** In a group; null where I am in it no more, or only read it. */
  role: GroupRole | null;
  newest: number;
  /** I have read up to here; the server keeps it, so that two devices agree. */
  read: number;
  /** Messages of others after it; 100 means 100 or more. */
  unread: number;
  last: Row | null;
}

export type Conversations = ReadonlyMap<string, Conversation>;

const unreadMost = 100;

export function keyOf(kind: Kind, address: string): string {
  return `${kind}/${address}`;
}

export function blank(kind: Kind, address: string): Conversation {
  return { kind, address, role: null, newest: 0, read: 0, unread: 0, last: null };
}

/** What `threads` says. A message that came while it was being said is not taken back. */
export function withThreads(conversations: Conversations, rows: readonly Thread[]): Conversations {
  const next = new Map(conversations);
  for (const { with: address, ...row } of rows) {
    const key = keyOf("private", address);
    next.set(key, settled(next.get(key), { ...blank("private", address), ...row }));
  }
  return next;
}

/** What `groups` says: the groups that it does not name are no longer mine. */
export function withGroups(conversations: Conversations, rows: readonly JoinedGroup[]): Conversations {
  const next = new Map(conversations);
  const named = new Set(rows.map(({ group }) => keyOf("group", group)));
  for (const [key, { kind, role }] of conversations) {
    if (kind === "group" && role !== null && !named.has(key)) next.delete(key);
  }
  for (const { group, role, newest, read, unread } of rows) {
    const key = keyOf("group", group);
    const known = next.get(key);
    const said = { ...blank("group", group), role, read, unread, newest: newest ?? known?.newest ?? 0 };
    next.set(key, settled(known, { ...said, last: known?.last ?? null }));
  }
  return next;
}

/** A message of a conversation, new or the one that is shown in the list. */
export function withMessage(
  conversations: Conversations,
  kind: Kind,
  address: string,
  row: Row,
  me: string,
): Conversations {
  const key = keyOf(kind, address);
  const known = conversations.get(key) ?? blank(kind, address);
  if (known.last && row.id < known.last.id) return conversations;
  const isNew = row.id > known.newest;
  const unread = isNew && row.from !== me ? Math.min(unreadMost, known.unread + 1) : known.unread;
  const last = known.last?.id === row.id ? { ...known.last, ...row } : row;
  return new Map(conversations).set(key, { ...known, newest: Math.max(known.newest, row.id), unread, last });
}

/** I have read up to `id`, here or on another device. What is still unread after that only the server can count. */
export function withRead(conversations: Conversations, kind: Kind, address: string, id: number): Conversations {
  const key = keyOf(kind, address);
  const known = conversations.get(key);
  if (!known || id < known.read) return conversations;
  return new Map(conversations).set(key, { ...known, read: id, unread: id >= known.newest ? 0 : known.unread });
}

export function withRole(conversations: Conversations, group: string, role: GroupRole | null): Conversations {
  const next = new Map(conversations);
  const key = keyOf("group", group);
  if (role === null) next.delete(key);
  else next.set(key, { ...(next.get(key) ?? blank("group", group)), role });
  return next;
}

/** A queued message came to its end, and the list shows it. */
export function withEnd(
  conversations: Conversations,
  address: string,
  sent: number,
  news: Pick<Row, "state" | "reason">,
): Conversations {
  const key = keyOf("private", address);
  const known = conversations.get(key);
  if (known?.last?.sent !== sent) return conversations;
  return new Map(conversations).set(key, { ...known, last: { ...known.last, ...news } });
}

/** As the list shows them: invitations, then whatever moved last. */
export function ordered(conversations: Conversations): Conversation[] {
  const rank = (each: Conversation) => (each.role === "invited" ? 0 : each.last ? 1 : 2);
  return [...conversations.values()].sort(
    (one, other) =>
      rank(one) - rank(other) ||
      (other.last?.time ?? "").localeCompare(one.last?.time ?? "") ||
      one.address.localeCompare(other.address),
  );
}

export function unreadOf(conversations: Conversations): number {
  return [...conversations.values()].reduce((sum, { unread }) => sum + unread, 0);
}

/** What the server says, which may be older than what is known: neither a message nor that it was read is taken back. */
function settled(known: Conversation | undefined, said: Conversation): Conversation {
  if (!known) return said;
  const isBehind = said.newest < known.newest;
  const read = Math.max(known.read, said.read);
  const newest = Math.max(known.newest, said.newest);
  // A mark of ours that is still on its way: what the server counts after the old one is more than is left.
  const counted = known.read > said.read ? Math.min(known.unread, said.unread) : said.unread;
  const unread = read >= newest ? 0 : isBehind ? Math.max(known.unread, counted) : counted;
  return isBehind ? { ...known, role: said.role, read, unread } : { ...said, read, unread };
}
