import { limits } from "../../src/limits.ts";
import type { FullAddress } from "../../src/protocol/names.ts";
import { crashingMessage, normalMessage, type PlannedMessage, unknownAccount } from "./planned-message.ts";
import type { SimulatedRealm } from "./simulated-realm.ts";

/** A broken delivery guarantee. */
export class Violation extends Error {}

/** The state of a simulation that the checks read. */
export interface CheckedState {
  messages: readonly PlannedMessage[];
  realms: ReadonlyMap<string, SimulatedRealm>;
  /** Number of receiver crashes while a message was alone in its batch, by message text. */
  crashesAlone: ReadonlyMap<string, number>;
  peerNeverReturns: boolean;
}

/**
 * After the network has recovered, no normal message stays queued. A crashing message may still hold back later messages of
 * the same sender to the same recipient.
 */
export function checkPromptness({ messages, realms, peerNeverReturns }: CheckedState): void {
  if (peerNeverReturns) return;
  const heldBack = new Set<string>();
  for (const { realm, account, to, text } of messages) {
    const pair = `${account}@${realm} ${to}`;
    if (text.startsWith(crashingMessage)) heldBack.add(pair);
    if (!text.startsWith(normalMessage) || heldBack.has(pair)) continue;
    const row = sentRows(realms, realm, text)[0];
    if (row?.state === "queued") fail(`"${text}" is still queued, hours after the network recovered`);
  }
}

/** Checks every message and the order of every mailbox at the end of a run. */
export function checkDelivery(state: CheckedState): void {
  for (const message of state.messages) checkMessage(message, state);
  for (const realm of state.realms.values()) {
    for (const account of new Set(state.messages.map((message) => message.account))) {
      checkOrder(realm, account);
    }
  }
}

/** A message has a final state. It is stored exactly once if delivered, and not at all if rejected. */
function checkMessage({ realm, to, text, reportedState }: PlannedMessage, state: CheckedState): void {
  const rows = sentRows(state.realms, realm, text);
  const copies = mailboxOf(state.realms, to).filter((message) => message.text === text).length;
  const [row] = rows;
  if (copies > 1) fail(`"${text}" was stored ${copies} times`);
  if (rows.length > 1) fail(`one key stored ${rows.length} messages: "${text}"`);
  if (reportedState === null || row === undefined) fail(`"${text}" was never answered`);
  if (row.state === "queued") fail(`"${text}" never reached a final state`);
  if (reportedState !== "queued" && row.state !== reportedState) {
    fail(`"${text}" was reported as ${reportedState} and is ${row.state}`);
  }
  if (row.state === "delivered" && copies !== 1) fail(`"${text}" is delivered but not stored`);
  const isRejected = row.reason === "no-such-user" || row.reason === "too-large";
  if (isRejected && copies > 0) fail(`"${text}" is rejected but stored`);
  const isDeliverable = text.startsWith(normalMessage) && !to.startsWith(unknownAccount);
  const mayHaveFailed = state.peerNeverReturns || (state.crashesAlone.get(text) ?? 0) >= limits.crashesBeforeProbe;
  if (row.state === "failed" && isDeliverable && !mayHaveFailed) {
    fail(`"${text}" failed with ${row.reason} although it could be delivered`);
  }
}

/** Messages of one sender are stored in the order of sending. */
function checkOrder(realm: SimulatedRealm, account: string): void {
  const mailbox = realm.mailbox(account);
  for (const sender of new Set(mailbox.map((message) => message.sender))) {
    if (sender.startsWith("sistem")) continue;
    const numbers = mailbox
      .filter((message) => message.sender === sender)
      .map(({ text }) => Number(text.split("/").at(-1)));
    const isInOrder = numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? -1));
    if (!isInOrder) fail(`${sender} to ${account}@${realm.realm}: ${numbers.join(" ")}`);
  }
}

/** A queue with messages never rests longer than the longest back-off, whatever the clock does, plus two minutes of work. */
export function checkRest(realm: SimulatedRealm, now: number): void {
  const restMs = now - realm.lastActiveAt;
  if (realm.isUp && restMs > limits.backoffMaxMs + 120_000 && realm.hasQueued) {
    fail(`${realm.realm} has tried nothing for ${Math.round(restMs / 60_000)} minutes`);
  }
}

/** No message expires before its time has passed. A step forward may count as time that has passed, up to a limit. */
export function checkExpiry(realm: SimulatedRealm, messages: readonly PlannedMessage[], now: number): void {
  const expired = new Set(realm.sent().flatMap(({ reason, text }) => (reason === "expired" ? [text] : [])));
  for (const { realm: from, text, sentAt } of messages) {
    if (from !== realm.realm || !expired.has(text) || sentAt === null) continue;
    const waitedMs = now - sentAt + realm.countedStepsMs;
    if (waitedMs < limits.deliveryTtlMs) fail(`"${text}" expired after ${Math.round((now - sentAt) / 60_000)} minutes`);
  }
}

export function fail(what: string): never {
  throw new Violation(what);
}

function sentRows(realms: ReadonlyMap<string, SimulatedRealm>, realm: string, text: string) {
  return (realms.get(realm)?.sent() ?? []).filter((row) => row.text === text);
}

function mailboxOf(realms: ReadonlyMap<string, SimulatedRealm>, address: FullAddress) {
  const [account = "", realm = ""] = address.split("@");
  return realms.get(realm)?.mailbox(account) ?? [];
}
