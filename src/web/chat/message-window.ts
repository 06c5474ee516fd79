import type { ThreadMessage } from "../../protocol/replies.ts";
import type { FinalState } from "./final-delivery-states.ts";

/**
 * The part of a conversation that the page holds: messages without a gap between them, oldest first. Its size is bounded;
 * the page drops messages far from the reader's position and loads them again when the reader scrolls back.
 */
export interface MessageWindow {
  messages: readonly ThreadMessage[];
  /** The first message is the oldest of the conversation. */
  reachesStart: boolean;
  /** The last message was the newest of the conversation at the last load. */
  reachesEnd: boolean;
}

/** Messages in one request: about three screens. */
export const pageSize = 60;
/** Maximum number of messages in a window, and so of message elements on the page. */
export const windowMaxMessages = 240;

export function newestWindow(page: readonly ThreadMessage[]): MessageWindow {
  return { messages: page, reachesStart: page.length < pageSize, reachesEnd: true };
}

export function oldestWindow(page: readonly ThreadMessage[]): MessageWindow {
  return { messages: page, reachesStart: true, reachesEnd: page.length < pageSize };
}

/** Adds a page of older messages. A window that grows too long drops its newest messages. */
export function prependPage(window: MessageWindow, page: readonly ThreadMessage[]): MessageWindow {
  const messages = mergeById(window.messages, page);
  return {
    messages: messages.slice(0, windowMaxMessages),
    reachesStart: page.length < pageSize,
    reachesEnd: window.reachesEnd && messages.length <= windowMaxMessages,
  };
}

/** Adds a page of newer messages. A window that grows too long drops its oldest messages. */
export function appendPage(window: MessageWindow, page: readonly ThreadMessage[]): MessageWindow {
  const messages = mergeById(window.messages, page);
  return {
    messages: messages.slice(-windowMaxMessages),
    reachesStart: window.reachesStart && messages.length <= windowMaxMessages,
    reachesEnd: page.length < pageSize,
  };
}

/**
 * Applies a message from an event: appends a new one, or updates the one with the same id.
 *
 * @returns `gap` if messages between the last one of the window and this one must be loaded first
 */
export function applyMessage(window: MessageWindow, message: ThreadMessage): { window: MessageWindow; gap: boolean } {
  const last = window.messages.at(-1);
  if (window.messages.some(({ id }) => id === message.id)) {
    return { window: { ...window, messages: mergeById(window.messages, [message]) }, gap: false };
  }
  if (last && message.id < last.id) return { window, gap: false };
  // The reader is far up in the history; scrolling down loads the message.
  if (!window.reachesEnd) return { window, gap: false };
  const nextId = last ? last.id + 1 : 1;
  if (message.id !== nextId && !(window.reachesStart && !last)) return { window, gap: true };
  const messages = [...window.messages, message];
  return {
    window: {
      messages: messages.slice(-windowMaxMessages),
      reachesStart: window.reachesStart && messages.length <= windowMaxMessages,
      reachesEnd: true,
    },
    gap: false,
  };
}

/** @param sentId number of the message in the sender's sent log */
export function windowWithFinalState(window: MessageWindow, sentId: number, final: FinalState): MessageWindow {
  if (!window.messages.some(({ sent }) => sent === sentId)) return window;
  const messages = window.messages.map((each) => (each.sent === sentId ? { ...each, ...final } : each));
  return { ...window, messages };
}

/** Each id once, ordered by id. An unchanged message stays the same object, so its element is not rendered again. */
function mergeById(held: readonly ThreadMessage[], page: readonly ThreadMessage[]): ThreadMessage[] {
  const byId = new Map(held.map((message) => [message.id, message]));
  for (const message of page) {
    const known = byId.get(message.id);
    if (!known || !includesMembers(known, message)) byId.set(message.id, { ...known, ...message });
  }
  return [...byId.values()].sort((one, other) => one.id - other.id);
}

function includesMembers(whole: object, part: object): boolean {
  const members = new Map<string, unknown>(Object.entries(whole));
  return Object.entries(part).every(([name, value]) => members.get(name) === value);
}
