import type { DomainEvent, MessageContent, MessageStored } from "../domain-events.ts";
import type { Memberships } from "../groups/memberships.ts";
import { toLiveMessage, toMessage } from "../messaging/message-log-store.ts";
import type { LiveEvent } from "../protocol/events.ts";
import type { FullAddress } from "../protocol/names.ts";
import type { Timer } from "../storage/clock.ts";
import type { CommitListener } from "../storage/event-dispatcher.ts";
import type { FlowControl } from "./flow-control.ts";
import { eventFrame } from "./frame.ts";
import { GroupSubscribers } from "./group-subscribers.ts";
import type { LiveSocket } from "./live-socket.ts";
import { SlicedBroadcaster } from "./sliced-broadcaster.ts";
import type { SocketRegistry } from "./socket-registry.ts";

export interface LiveEventPublisherDeps {
  registry: SocketRegistry;
  flow: FlowControl;
  memberships: Memberships;
  timer: Timer;
}

/** Sends what a commit has changed to the live sockets of the accounts that it concerns. */
export class LiveEventPublisher {
  readonly #registry: SocketRegistry;
  readonly #flow: FlowControl;
  readonly #memberships: Memberships;
  readonly #broadcaster: SlicedBroadcaster;
  /** Null until a group has something to send. Lost at hibernation, and built again then. */
  #subscribers: GroupSubscribers | null = null;

  constructor({ registry, flow, memberships, timer }: LiveEventPublisherDeps) {
    this.#registry = registry;
    this.#flow = flow;
    this.#memberships = memberships;
    this.#broadcaster = new SlicedBroadcaster(flow, timer);
  }

  /** Events of accounts go first: a member who was removed does not get the messages of the same commit. */
  readonly onCommit: CommitListener = (events) => {
    for (const event of events) this.#sendAccountEvent(event);
    for (const event of events) {
      if (event.type === "message-stored") this.#sendMessage(event);
      else if (event.type === "remote-group-message-received") {
        this.#sendGroupMessage(event.group, event.messageId, event.message);
      }
    }
  };

  /** An account has opened a socket. */
  connected(accountId: number): void {
    this.#subscribers?.add(accountId);
  }

  /** An account has closed its last socket. */
  disconnected(accountId: number): void {
    this.#subscribers?.remove(accountId);
  }

  #sendAccountEvent(event: DomainEvent): void {
    switch (event.type) {
      case "private-message-sent":
        this.#send(event.accountId, { event: "sent", data: event.sent });
        break;
      case "delivery-settled":
        this.#send(event.accountId, { event: "delivery", data: event.delivery });
        break;
      case "read-marker-moved": {
        const { kind, with: address, messageId } = event;
        this.#send(event.accountId, { event: "read", data: { kind, with: address, id: messageId } });
        break;
      }
      case "membership-changed": {
        const { accountId, group, role } = event;
        this.#subscribers?.refresh(accountId);
        this.#send(accountId, { event: "membership", data: { group, role } });
        break;
      }
    }
  }

  #send(accountId: number, event: LiveEvent): void {
    const sockets = this.#registry.socketsOf(accountId);
    if (sockets.size === 0) return;
    const frame = eventFrame(event);
    // A copy: a socket whose client is too slow is closed by sending.
    for (const socket of [...sockets]) this.#flow.send(socket, frame);
  }

  #sendMessage({ logId, messageId, message, group }: MessageStored): void {
    if (group !== null) {
      this.#sendGroupMessage(group, messageId, message);
      return;
    }
    // Backfill sends the message to the sockets that are not live yet.
    const live = [...this.#registry.socketsOf(logId)].filter(
      (socket) => this.#registry.stateOf(socket)?.backfilledUpTo === null,
    );
    if (live.length === 0) return;
    const frame = eventFrame({ event: "message", data: toLiveMessage(messageId, message) });
    for (const socket of live) this.#flow.send(socket, frame);
  }

  #sendGroupMessage(group: FullAddress, messageId: number, message: MessageContent): void {
    if (this.#registry.isEmpty) return;
    const accounts = this.#loadSubscribers().subscribersOf(group);
    if (accounts.size === 0) return;
    const frame = eventFrame({ event: "group-message", data: { group, ...toMessage(messageId, message) } });
    this.#broadcaster.broadcast(frame, this.#socketsOf(accounts));
  }

  *#socketsOf(accounts: Iterable<number>): Iterable<LiveSocket> {
    for (const accountId of accounts) yield* this.#registry.socketsOf(accountId);
  }

  #loadSubscribers(): GroupSubscribers {
    if (this.#subscribers) return this.#subscribers;
    this.#subscribers = new GroupSubscribers((accountId) => this.#memberships.groupsOf(accountId));
    for (const [, { accountId }] of this.#registry.all()) this.#subscribers.add(accountId);
    return this.#subscribers;
  }
}
