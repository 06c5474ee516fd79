/** What a receiver says of one item. `deferred` is no refusal: the item stays queued. */
export type DeliveryResult = Delivered | DeliveryFailure | { state: "deferred" };

/** `id` is the message's number in its group, for a group message. */
export interface Delivered {
  state: "delivered";
  id?: number;
}

export interface DeliveryFailure {
  state: "failed";
  reason: FailureReason;
}

/** Why a message has failed for good. Stored, shown to its sender, and sent between realms. */
export const failureReasons = [
  "no-such-user",
  "no-such-group",
  "mailbox-full",
  "group-log-full",
  "refused",
  "too-large",
  "unprocessable",
  "expired",
] as const;
export type FailureReason = (typeof failureReasons)[number];
