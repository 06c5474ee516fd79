import type { ConversationKind } from "../../protocol/commands.ts";

/** Identifies a conversation: `private/ani@jakarta` or `group/tim@surabaya`. */
export function conversationKey(kind: ConversationKind, address: string): string {
  return `${kind}/${address}`;
}

/** @param key made by `conversationKey` */
export function splitConversationKey(key: string): { kind: ConversationKind; address: string } {
  const kind = key.startsWith("group/") ? "group" : "private";
  return { kind, address: key.slice(kind.length + 1) };
}
