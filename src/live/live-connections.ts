import { mayListen } from "../accounts/command-scope.ts";
import type { Session, Sessions } from "../accounts/sessions.ts";
import { limits } from "../limits.ts";
import type { MessageLogStore } from "../messaging/message-log-store.ts";
import { closeCodes, parsePong, pingFrame, pongFrame } from "../protocol/events.ts";
import { lineOf } from "../protocol/grammar.ts";
import { type Failure, failure } from "../protocol/replies.ts";
import type { UpgradeParams } from "../shard-api/upgrade-params.ts";
import type { SteadyClock, Timer } from "../storage/clock.ts";
import type { CommitListener } from "../storage/event-dispatcher.ts";
import { AccountTurns } from "./account-turns.ts";
import type { Backfill } from "./backfill.ts";
import { CommandQueue, type SocketCommandExecutor } from "./command-queue.ts";
import type { FlowControl } from "./flow-control.ts";
import { frameOf } from "./frame.ts";
import type { LiveEventPublisher } from "./live-event-publisher.ts";
import type { LiveSocket, SocketState } from "./live-socket.ts";
import { closeSessionEnded } from "./session-end.ts";
import type { SocketEvent, SocketRegistry } from "./socket-registry.ts";

export interface LiveConnectionsDeps {
  registry: SocketRegistry;
  flow: FlowControl;
  backfill: Backfill;
  events: LiveEventPublisher;
  sessions: Sessions;
  logs: MessageLogStore;
  executor: SocketCommandExecutor;
  clock: SteadyClock;
  timer: Timer;
}

/** Live sockets: admits them, passes on their frames, and closes those whose session has ended or whose place is needed. */
export class LiveConnections {
  readonly #deps: LiveConnectionsDeps;
  readonly #turns: AccountTurns;
  /** Sockets with unanswered commands. A shard that has one does not hibernate. */
  readonly #queues = new Map<LiveSocket, CommandQueue>();

  constructor(deps: LiveConnectionsDeps) {
    this.#deps = deps;
    this.#turns = new AccountTurns(deps.timer, deps.clock.now);
    deps.registry.subscribe((event) => this.#onSocketEvent(event));
  }

  /** Must be called once, when the shard starts. */
  start(): void {
    this.#deps.backfill.resume();
  }

  /** Decides about a new socket. @returns the state that the host passes to `attach` with the socket, or why there is none */
  admit({ session: ref, after, language }: UpgradeParams): SocketState | Failure {
    const { clock, logs, registry, sessions } = this.#deps;
    const session = sessions.authenticate(ref);
    if ("error" in session) return session;
    if (!mayListen(session.grant)) return failure("out-of-scope");
    const { accountId } = session.caller;
    if (registry.countClosing(accountId) >= limits.closingSocketsPerAccount) {
      return failure("too-many-sockets", {}, limits.retrySoonSeconds);
    }
    return {
      session: ref,
      accountId,
      language,
      expiresAt: this.#nextLookAt(session),
      backfilledUpTo: after ?? logs.newestId(accountId),
      phase: "open",
      unacknowledgedBytes: 0,
      heardAt: clock.now(),
    };
  }

  /** The newest socket of an account always has a place: the one that has been silent longest gives way, and may be gone. */
  attach(socket: LiveSocket, state: SocketState): void {
    const { backfill, events, registry, sessions } = this.#deps;
    if (registry.socketsOf(state.accountId).size >= limits.socketsPerAccount) {
      const silent = registry.mostSilentOf(state.accountId);
      if (silent) registry.close(silent, closeCodes.replaced, "replaced by a newer socket");
    }
    registry.add(socket, state);
    // The session may have ended after `admit`: its event came before the socket was known.
    if (!sessions.find(state.session)) {
      this.#closeSessionEnded(socket);
      return;
    }
    events.connected(state.accountId);
    void backfill.run(socket);
  }

  /** Resolves when the frame is answered, if it is a command. */
  async receiveFrame(socket: LiveSocket, frame: string | ArrayBuffer): Promise<void> {
    const { clock, flow, registry } = this.#deps;
    const state = registry.stateOf(socket);
    if (!state) return;
    state.heardAt = clock.now();
    registry.saveSoon(socket);
    const bytes = typeof frame === "string" ? frameOf(frame).bytes : frame.byteLength;
    if (bytes > limits.bodyMaxBytes) {
      registry.close(socket, closeCodes.tooLarge, "frame too large");
      return;
    }
    const line = typeof frame === "string" ? lineOf(frame) : failure("not-utf8");
    const pong = typeof line === "string" ? parsePong(line) : null;
    if (pong !== null) flow.acknowledge(socket, pong);
    else if (line === pingFrame) flow.send(socket, frameOf(pongFrame));
    else await this.#queueOf(socket, state).receive(line, bytes);
    if (this.#queues.get(socket)?.isEmpty) this.#queues.delete(socket);
  }

  /** The socket is gone. */
  detach(socket: LiveSocket): void {
    this.#deps.registry.remove(socket);
  }

  /** Closes the sockets of sessions that have ended. */
  readonly onCommit: CommitListener = (events) => {
    for (const event of events) if (event.type === "sessions-changed") this.#closeEndedSessions(event.accountId);
  };

  /** The host stops: its clients open sockets elsewhere, or later. */
  closeAll(): void {
    const { registry } = this.#deps;
    for (const [socket] of registry.all()) registry.close(socket, closeCodes.stopping, "server stops");
  }

  #closeEndedSessions(accountId: number): void {
    const { registry, sessions } = this.#deps;
    for (const socket of [...registry.socketsOf(accountId)]) {
      const state = registry.stateOf(socket);
      if (!state || sessions.find(state.session)) continue;
      const queue = this.#queues.get(socket);
      // From now on the socket gets no event of the account.
      registry.release(socket);
      this.#onLeft(accountId);
      queue?.stop();
      if (queue) this.#closeAfterReplies(socket, queue.lastAnswered);
      else this.#closeSessionEnded(socket);
    }
  }

  /** A client that logs out over its socket gets the reply first. Other replies are not waited for long. */
  #closeAfterReplies(socket: LiveSocket, lastAnswered: Promise<void>): void {
    const cancel = this.#deps.timer(() => this.#closeSessionEnded(socket), limits.closeGraceMs);
    void lastAnswered.then(() => {
      cancel();
      this.#closeSessionEnded(socket);
    });
  }

  /** Closes the sockets whose sessions have expired, and notes how long the other sessions last. */
  closeExpired(): void {
    const { clock, registry, sessions } = this.#deps;
    const now = clock.now();
    for (const [socket, state] of registry.all()) {
      if (state.expiresAt > now) continue;
      const session = sessions.find(state.session);
      if (session && !sessions.isExpired(session)) {
        state.expiresAt = this.#nextLookAt(session);
        registry.save(socket);
      } else this.#closeSessionEnded(socket);
    }
  }

  /** When it is to be looked whether the session has ended: a token may have no end. */
  #nextLookAt({ expiresAt }: Session): number {
    return Math.min(expiresAt, this.#deps.clock.now() + limits.sessionIdleMs);
  }

  /** When the next session of an open socket may expire, in milliseconds since 1970; null: no socket is open. */
  nextDue(): number | null {
    const { clock, registry } = this.#deps;
    let least: number | null = null;
    for (const [, { expiresAt }] of registry.all()) least = Math.min(least ?? expiresAt, expiresAt);
    return least === null ? null : clock.wallTimeOf(least);
  }

  #queueOf(socket: LiveSocket, state: SocketState): CommandQueue {
    let queue = this.#queues.get(socket);
    if (!queue) {
      const { executor, flow, registry } = this.#deps;
      queue = new CommandQueue(socket, state, { registry, flow, turns: this.#turns, executor });
      this.#queues.set(socket, queue);
    }
    return queue;
  }

  #closeSessionEnded(socket: LiveSocket): void {
    closeSessionEnded(socket, this.#deps.flow, this.#deps.registry);
  }

  #onSocketEvent({ socket, state }: SocketEvent): void {
    this.#queues.get(socket)?.stop();
    this.#queues.delete(socket);
    this.#onLeft(state.accountId);
  }

  /** A socket of the account is open no more. */
  #onLeft(accountId: number): void {
    const { events, registry } = this.#deps;
    if (registry.socketsOf(accountId).size === 0) events.disconnected(accountId);
  }
}
