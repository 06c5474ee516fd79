import type { LiveEvent } from "../../protocol/events.ts";
import { type FullAddress, parseAddress } from "../../protocol/names.ts";
import type {
  ConversationSummary,
  Delivery,
  JoinedGroup,
  Member,
  SentMessage,
  ThreadMessage,
} from "../../protocol/replies.ts";
import { arrayOf, type Guard, isNumber, isRecord, isString, nullable, oneOf, optional, shape } from "./json-guards.ts";

const isFullAddress = (value: unknown): value is FullAddress => isString(value) && parseAddress(value)?.realm != null;
const isState = oneOf("delivered", "queued", "failed");
const isRole = oneOf("owner", "member", "invited");

export const isDelivery = shape<Delivery>({ id: isNumber, state: isState, thread: optional(isNumber) });

const message = { id: isNumber, from: isString, text: isString, time: isString };
const isThreadMessage = shape<ThreadMessage>({
  ...message,
  sent: optional(isNumber),
  state: optional(isState),
  reason: optional(isString),
  key: optional(isString),
});

/** `data` of `thread` and `inboxgroup`. */
export const areThreadMessages = arrayOf(isThreadMessage);

/** `data` of `threads`. */
export const areConversationSummaries = arrayOf(
  shape<ConversationSummary>({
    with: isString,
    newest: isNumber,
    read: isNumber,
    unread: isNumber,
    last: isThreadMessage,
  }),
);

/** `data` of `groups`. */
export const areJoinedGroups = arrayOf(
  shape<JoinedGroup>({ group: isString, role: isRole, newest: nullable(isNumber), read: isNumber, unread: isNumber }),
);

/** `data` of `members`. */
export const areMembers = arrayOf(shape<Member>({ user: isFullAddress, role: isRole, joined: isString }));

/** The part of a sent message that says how its delivery went. */
export type SentMessageState = Pick<SentMessage, "id" | "to" | "state" | "reason">;

/** `data` of `status`. */
export const isSentMessageState = shape<SentMessageState>({
  id: isNumber,
  to: isString,
  state: isState,
  reason: optional(isString),
});

type EventData = { [E in LiveEvent as E["event"]]: E["data"] };
const eventGuards: { [E in keyof EventData]: Guard<EventData[E]> } = {
  message: shape<EventData["message"]>({ ...message, thread: optional(isNumber) }),
  "group-message": shape<EventData["group-message"]>({ ...message, group: isFullAddress }),
  sent: shape<EventData["sent"]>({
    to: isFullAddress,
    thread: isNumber,
    id: isNumber,
    text: isString,
    time: isString,
    state: isState,
    reason: optional(isString),
    key: optional(isString),
  }),
  read: shape<EventData["read"]>({ kind: oneOf("private", "group"), with: isFullAddress, id: isNumber }),
  membership: shape<EventData["membership"]>({ group: isFullAddress, role: nullable(isRole) }),
  delivery: shape<EventData["delivery"]>({
    id: isNumber,
    to: isFullAddress,
    state: isState,
    reason: optional(isString),
  }),
  live: shape<EventData["live"]>({ cursor: isNumber }),
  "session-ended": (value): value is null => value === null,
  ping: shape<EventData["ping"]>({ word: isString }),
  pong: (value): value is null => value === null,
};
const guardsByEvent = new Map<unknown, Guard<unknown>>(Object.entries(eventGuards));

export function isLiveEvent(value: unknown): value is LiveEvent {
  return isRecord(value) && guardsByEvent.get(value.event)?.(value.data) === true;
}
