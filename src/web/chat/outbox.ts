import type { DeliveryState } from "../../protocol/replies.ts";
import type { Kind, Reply, Row } from "./reply-parser.ts";

/**
 * What was written here and is not yet a row of its conversation. A letter keeps its key from the moment it was written:
 * where an answer is lost the same key goes out again, and the server takes it once.
 */
export interface Letter {
  key: string;
  kind: Kind;
  to: string;
  text: string;
  /** ISO 8601, by this device's clock. */
  written: string;
  state: "waiting" | "sending" | DeliveryState;
  /** The newest row of the conversation when it was first put on the line: its own row comes after that. */
  after: number | null;
  /** The number in `sent`, once it is known. */
  sent?: number;
  /** Of a failed one: the code of the error, and the server's sentence for codes that the page does not know. */
  reason?: string;
  sentence?: string;
}

export type Outbox = readonly Letter[];

export function withLetter(outbox: Outbox, letter: Pick<Letter, "key" | "kind" | "to" | "text" | "written">): Outbox {
  return [...outbox, { ...letter, state: "waiting", after: null }];
}

/** The letters to put on the line now: of each conversation the first that waits, where none is under way. */
export function due(outbox: Outbox): Letter[] {
  const busy = new Set<string>();
  return outbox.filter((letter) => {
    if (letter.state !== "waiting" && letter.state !== "sending") return false;
    const conversation = `${letter.kind} ${letter.to}`;
    if (busy.has(conversation)) return false;
    busy.add(conversation);
    return letter.state === "waiting";
  });
}

export function sending(outbox: Outbox, key: string, newest: number): Outbox {
  return changed(outbox, key, (letter) => ({ ...letter, state: "sending", after: letter.after ?? newest }));
}

/** The line was lost: what had no answer waits again, with the key it had. */
export function lineLost(outbox: Outbox): Outbox {
  return outbox.map((letter) => (letter.state === "sending" ? { ...letter, state: "waiting" } : letter));
}

/** An error that says nothing of the message: it passes by itself, or is over with the next login. */
export function isPassing(reply: Reply): boolean {
  if (reply.status === "OK" || reply.delivery) return false;
  return reply.retryAfter !== undefined || reply.error === "internal" || reply.error === "session-ended";
}

/**
 * The server has answered.
 *
 * @returns the outbox, and for a private message the row that it has become
 */
export function answered(outbox: Outbox, key: string, reply: Reply, me: string): { outbox: Outbox; row: Row | null } {
  const letter = outbox.find((each) => each.key === key);
  if (!letter) return { outbox, row: null };
  if (isPassing(reply)) return { outbox: changed(outbox, key, waiting), row: null };
  const { delivery } = reply;
  const state = delivery?.state ?? (reply.status === "OK" ? "delivered" : "failed");
  const reason = reply.status === "ERROR" ? { reason: reply.error ?? "" } : {};
  if (delivery?.thread === undefined) {
    const more = {
      ...(delivery && { sent: delivery.id }),
      ...(reply.status === "ERROR" && { sentence: `${reply.data}` }),
    };
    return { outbox: changed(outbox, key, (each) => ({ ...each, state, ...reason, ...more })), row: null };
  }
  const { text, written: time } = letter;
  return {
    outbox: without(outbox, key),
    row: { id: delivery.thread, from: me, text, time, key, sent: delivery.id, state, ...reason },
  };
}

/** A letter that is a row of its conversation now, as far as rows say: private ones carry the key. */
export function placed(outbox: Outbox, rows: readonly Row[]): Outbox {
  const keys = new Set(rows.flatMap(({ key }) => key ?? []));
  // One that is on the line stays until its answer is here: nothing else may be sent before it.
  return outbox.filter(({ key, state }) => !keys.has(key) || state === "waiting" || state === "sending");
}

/**
 * Letters to a group that its log holds by now. Rows of a group carry no key, so a row is a letter's where it came after
 * the letter had been put on the line, is mine, and says the same.
 */
export function placedInGroup(outbox: Outbox, group: string, rows: readonly Row[], me: string): Outbox {
  const mine = rows.filter(({ from }) => from === me);
  const taken = new Set<number>();
  return outbox.filter((letter) => {
    if (letter.kind !== "group" || letter.to !== group || letter.after === null) return true;
    if (letter.state !== "delivered") return true;
    const { text, after } = letter;
    const row = mine.find(({ id, text: said }) => id > after && said === text && !taken.has(id));
    if (row) taken.add(row.id);
    return !row;
  });
}

/** A queued message to a group came to its end. */
export function ended(outbox: Outbox, sent: number, news: Pick<Letter, "state" | "reason">): Outbox {
  return outbox.map((letter) => (letter.sent === sent && letter.state === "queued" ? { ...letter, ...news } : letter));
}

/** A failed letter is tried again. One that the server has recorded as failed needs a new key; its own would say so again. */
export function retried(outbox: Outbox, key: string, newKey: string): Outbox {
  return changed(outbox, key, ({ reason, sentence, sent, ...letter }) => ({
    ...letter,
    key: sent === undefined ? key : newKey,
    state: "waiting",
  }));
}

export function without(outbox: Outbox, key: string): Outbox {
  return outbox.filter((letter) => letter.key !== key);
}

/** The outbox as the browser's session keeps it, for a page that is loaded again. */
export function kept(text: string | null): Outbox {
  try {
    const letters: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(letters) ? lineLost(letters as Letter[]) : [];
  } catch {
    return [];
  }
}

function waiting(letter: Letter): Letter {
  return { ...letter, state: "waiting" };
}

function changed(outbox: Outbox, key: string, change: (letter: Letter) => Letter): Outbox {
  return outbox.map((letter) => (letter.key === key ? change(letter) : letter));
}

/** What is shown below the rows of a conversation: its letters that are no rows yet. */
export function lettersOf(outbox: Outbox, kind: Kind, address: string, rows: readonly Row[]): Letter[] {
  const keys = new Set(rows.flatMap(({ key }) => key ?? []));
  return outbox.filter((letter) => letter.kind === kind && letter.to === address && !keys.has(letter.key));
}
