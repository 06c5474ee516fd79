import type { ConversationKind } from "../../protocol/commands.ts";
import type { ConversationSummary, GroupRole, JoinedGroup, ThreadMessage } from "../../protocol/replies.ts";
import { conversationKey } from "./conversation-key.ts";
import type { FinalState } from "./final-delivery-states.ts";

/** A conversation as the list shows it. */
export interface ConversationListItem {
  kind: ConversationKind;
  /** The full address of the other account, or of the group. */
  address: string;
  /** The account's role in a group; null without a membership, and in a private conversation. */
  role: GroupRole | null;
  /** The id of the newest message. */
  newest: number;
  /** The read marker: the account has read up to this id. The server stores it, so all devices agree. */
  read: number;
  /** Messages of others after `read`; `unreadMax` means that or more. */
  unread: number;
  last: ThreadMessage | null;
}

/** By the key that `conversationKey` makes. */
export type ConversationItems = ReadonlyMap<string, ConversationListItem>;

/** The server does not count further. */
const unreadMax = 100;

export function emptyItem(kind: ConversationKind, address: string): ConversationListItem {
  return { kind, address, role: null, newest: 0, read: 0, unread: 0, last: null };
}

/** Applies the answer of `threads`. Messages that arrived after the server wrote it stay. */
export function mergeSummaries(items: ConversationItems, summaries: readonly ConversationSummary[]): ConversationItems {
  const next = new Map(items);
  for (const { with: address, ...summary } of summaries) {
    const key = conversationKey("private", address);
    next.set(key, mergeItem(next.get(key), { ...emptyItem("private", address), ...summary }));
  }
  return next;
}

/** Applies the answer of `groups`. The account has left the groups that are missing in it. */
export function mergeGroups(items: ConversationItems, groups: readonly JoinedGroup[]): ConversationItems {
  const next = new Map(items);
  const listed = new Set(groups.map(({ group }) => conversationKey("group", group)));
  for (const [key, { kind, role }] of items) {
    if (kind === "group" && role !== null && !listed.has(key)) next.delete(key);
  }
  for (const { group, role, newest, read, unread } of groups) {
    const key = conversationKey("group", group);
    const known = next.get(key);
    const received = { ...emptyItem("group", group), role, read, unread, newest: newest ?? known?.newest ?? 0 };
    next.set(key, mergeItem(known, { ...received, last: known?.last ?? null }));
  }
  return next;
}

/** Applies a new message, or a newer version of the last one. */
export function itemsWithMessage(
  items: ConversationItems,
  message: ThreadMessage,
  { kind, address, ownAddress }: { kind: ConversationKind; address: string; ownAddress: string },
): ConversationItems {
  const key = conversationKey(kind, address);
  const known = items.get(key) ?? emptyItem(kind, address);
  if (known.last && message.id < known.last.id) return items;
  const isNew = message.id > known.newest;
  const unread = isNew && message.from !== ownAddress ? Math.min(unreadMax, known.unread + 1) : known.unread;
  const last = known.last?.id === message.id ? { ...known.last, ...message } : message;
  return new Map(items).set(key, { ...known, newest: Math.max(known.newest, message.id), unread, last });
}

/** Moves the read marker, from this device or another. Only the server can count messages that are still unread. */
export function itemsWithReadMarker(items: ConversationItems, key: string, id: number): ConversationItems {
  const known = items.get(key);
  if (!known || id < known.read) return items;
  return new Map(items).set(key, { ...known, read: id, unread: id >= known.newest ? 0 : known.unread });
}

/** @param role null after the account has left the group */
export function itemsWithRole(items: ConversationItems, group: string, role: GroupRole | null): ConversationItems {
  const next = new Map(items);
  const key = conversationKey("group", group);
  if (role === null) next.delete(key);
  else next.set(key, { ...(next.get(key) ?? emptyItem("group", group)), role });
  return next;
}

/** @param sentId number of the private message in the sender's sent log */
export function itemsWithFinalState(
  items: ConversationItems,
  address: string,
  sentId: number,
  final: FinalState,
): ConversationItems {
  const key = conversationKey("private", address);
  const known = items.get(key);
  if (known?.last?.sent !== sentId) return items;
  return new Map(items).set(key, { ...known, last: { ...known.last, ...final } });
}

/** Invitations first, then by the time of the last message; conversations without messages come last. */
export function sortedItems(items: ConversationItems): ConversationListItem[] {
  const rank = ({ role, last }: ConversationListItem) => (role === "invited" ? 0 : last ? 1 : 2);
  return [...items.values()].sort(
    (one, other) =>
      rank(one) - rank(other) ||
      compare(other.last?.time ?? "", one.last?.time ?? "") ||
      compare(one.address, other.address),
  );
}

/** By code units: addresses and times are ASCII, and comparing by language takes a hundred times as long. */
function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

export function totalUnread(items: ConversationItems): number {
  return [...items.values()].reduce((sum, { unread }) => sum + unread, 0);
}

/** The server's answer can be older than what the page knows. It never removes a message or moves the read marker back. */
function mergeItem(known: ConversationListItem | undefined, received: ConversationListItem): ConversationListItem {
  if (!known) return received;
  const isBehind = received.newest < known.newest;
  const read = Math.max(known.read, received.read);
  const newest = Math.max(known.newest, received.newest);
  // The page has moved the read marker and the server did not know it yet, so its count is too high.
  const counted = known.read > received.read ? Math.min(known.unread, received.unread) : received.unread;
  const unread = read >= newest ? 0 : isBehind ? Math.max(known.unread, counted) : counted;
  return isBehind ? { ...known, role: received.role, read, unread } : { ...received, read, unread };
}
