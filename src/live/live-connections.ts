import type { Sessions } from "../accounts/sessions.ts";
import { limits } from "../limits.ts";
import type { MessageLogStore } from "../messaging/message-log-store.ts";
import type { Command } from "../protocol/commands.ts";
import { closeCodes } from "../protocol/events.ts";
import { parseCommand, stripLineEnd } from "../protocol/grammar.ts";
import { type Answer, type Failure, failure, frameLiveReply } from "../protocol/replies.ts";
import type { Language } from "../protocol/texts.ts";
import type { SessionRef } from "../shard-api/caller.ts";
import type { UpgradeParams } from "../shard-api/upgrade-params.ts";
import type { Clock, Timer } from "../storage/clock.ts";
import type { CommitListener } from "../storage/event-dispatcher.ts";
import { logError } from "../storage/log.ts";
import type { Backfill } from "./backfill.ts";
import type { LiveEventPublisher } from "./live-event-publisher.ts";
import { closeSocket, eventFrame, type LiveSocket, type SocketState, sendFrame } from "./live-socket.ts";
import type { SocketRegistry } from "./socket-registry.ts";

/** Executes the commands that come over sockets. */
export interface SocketCommandExecutor {
  executeFromSocket(command: Command, session: SessionRef, language: Language): Promise<Answer>;
}

export interface LiveConnectionsDeps {
  registry: SocketRegistry;
  backfill: Backfill;
  events: LiveEventPublisher;
  sessions: Sessions;
  logs: MessageLogStore;
  executor: SocketCommandExecutor;
  clock: Clock;
  timer: Timer;
}

/** The replies of a socket that are still to be sent. */
interface PendingReplies {
  count: number;
  /** Resolves when the last of them was sent. */
  lastSent: Promise<void>;
}

/** Live sockets: commands arrive as frames, replies leave in the order of their commands, and events in between. */
export class LiveConnections {
  readonly #deps: LiveConnectionsDeps;
  /** A shard with pending replies does not hibernate. */
  readonly #pendingReplies = new Map<LiveSocket, PendingReplies>();

  constructor(deps: LiveConnectionsDeps) {
    this.#deps = deps;
  }

  /** Must be called once, when the shard starts. */
  start(): void {
    this.#deps.backfill.resume((socket) => this.#closeTooLong(socket));
  }

  /** Decides about a new socket. @returns the state that the host passes to `attach` with the socket, or why there is none */
  admit({ session: ref, after, language }: UpgradeParams): SocketState | Failure {
    const { logs, registry, sessions } = this.#deps;
    const session = sessions.authenticate(ref);
    if ("error" in session) return session;
    const { accountId } = session.caller;
    if (registry.countHeld(accountId) >= limits.socketsPerAccount) {
      return failure("too-many-sockets", {}, limits.retrySoonSeconds);
    }
    const backfilledUpTo = after ?? logs.newestId(accountId);
    return { session: ref, accountId, language, expiresAt: session.expiresAt, backfilledUpTo, backfilledChars: 0 };
  }

  attach(socket: LiveSocket, state: SocketState): void {
    const { backfill, events, registry, sessions } = this.#deps;
    registry.set(socket, state);
    // The session may have ended after `admit`: its event came before the socket was known.
    if (!sessions.find(state.session)) {
      this.#endSession(socket);
      return;
    }
    events.connected(state.accountId);
    backfill.run(socket, (tooLong) => this.#closeTooLong(tooLong));
  }

  /** Executes a frame. Commands start in the order of their frames, and are answered in that order. */
  async receiveFrame(socket: LiveSocket, frame: string | ArrayBuffer): Promise<void> {
    const state = this.#deps.registry.stateOf(socket);
    if (!state) return;
    const bytes = typeof frame === "string" ? new TextEncoder().encode(frame).length : frame.byteLength;
    if (bytes > limits.bodyMaxBytes) return this.#close(socket, closeCodes.tooLarge, "frame too large");
    const pending = this.#pendingReplies.get(socket) ?? { count: 0, lastSent: Promise.resolve() };
    this.#pendingReplies.set(socket, pending);
    pending.count++;
    const answer =
      pending.count > limits.repliesPerSocket
        ? Promise.resolve(failure("too-many-unanswered", {}, limits.retrySoonSeconds))
        : this.#execute(frame, state);
    const sent = this.#sendReply(socket, pending.lastSent, answer, state.language);
    pending.lastSent = sent;
    await sent;
    if (--pending.count === 0) this.#pendingReplies.delete(socket);
  }

  /** The socket is gone, or gets nothing any more. */
  detach(socket: LiveSocket): void {
    const { events, registry } = this.#deps;
    const accountId = registry.stateOf(socket)?.accountId;
    registry.remove(socket);
    if (accountId !== undefined && registry.socketsOf(accountId).size === 0) events.disconnected(accountId);
    this.#pendingReplies.delete(socket);
  }

  /** Closes the sockets of sessions that have ended. */
  readonly onCommit: CommitListener = (events) => {
    for (const event of events) if (event.type === "sessions-changed") this.#closeEndedSessions(event.accountId);
  };

  /** The host stops: its clients open sockets elsewhere, or later. */
  closeAll(): void {
    for (const [socket] of this.#deps.registry.all()) this.#close(socket, closeCodes.stopping, "server stops");
  }

  #closeEndedSessions(accountId: number): void {
    const { registry, sessions } = this.#deps;
    for (const socket of [...registry.socketsOf(accountId)]) {
      const state = registry.stateOf(socket);
      if (!state || sessions.find(state.session)) continue;
      const pending = this.#pendingReplies.get(socket);
      // From now on the socket gets no event of the account.
      this.detach(socket);
      if (pending) this.#closeAfterReplies(socket, pending.lastSent);
      else this.#closeSessionEnded(socket);
    }
  }

  /** A client that logs out over its socket gets the reply first. Other replies are not waited for long. */
  #closeAfterReplies(socket: LiveSocket, lastSent: Promise<void>): void {
    const cancel = this.#deps.timer(() => this.#closeSessionEnded(socket), limits.closeGraceMs);
    void lastSent.then(() => {
      cancel();
      this.#closeSessionEnded(socket);
    });
  }

  /** Closes the sockets whose sessions have expired, and notes how long the other sessions last. */
  closeExpired(): void {
    const { clock, registry, sessions } = this.#deps;
    const now = clock();
    for (const [socket, state] of registry.all()) {
      if (state.expiresAt > now) continue;
      const session = sessions.find(state.session);
      if (session && !sessions.isExpired(session)) registry.set(socket, { ...state, expiresAt: session.expiresAt });
      else this.#endSession(socket);
    }
  }

  /** When the next session of an open socket may expire, in milliseconds since 1970; null: no socket is open. */
  nextDue(): number | null {
    let least: number | null = null;
    for (const [, { expiresAt }] of this.#deps.registry.all()) least = Math.min(least ?? expiresAt, expiresAt);
    return least;
  }

  async #execute(frame: string | ArrayBuffer, { session, language }: SocketState): Promise<Answer> {
    if (typeof frame !== "string") return failure("not-utf8");
    const parsed = parseCommand(stripLineEnd(frame));
    if (!parsed.ok) return failure(parsed.error, { ...parsed.details });
    return this.#deps.executor.executeFromSocket(parsed.command, session, language);
  }

  async #sendReply(
    socket: LiveSocket,
    before: Promise<void>,
    answer: Promise<Answer>,
    language: Language,
  ): Promise<void> {
    const [settled] = await Promise.all([answer.catch(internalFailure), before]);
    // A page that has begun can break off: the client gets a failure, and the replies after it.
    const frame = await frameLiveReply(settled, language).catch((error) =>
      frameLiveReply(internalFailure(error), language),
    );
    sendFrame(socket, frame);
    if (settled.kind === "failure" && settled.error === "session-ended") this.#endSession(socket);
  }

  #endSession(socket: LiveSocket): void {
    if (!this.#deps.registry.stateOf(socket)) return;
    this.detach(socket);
    this.#closeSessionEnded(socket);
  }

  #closeSessionEnded(socket: LiveSocket): void {
    sendFrame(socket, eventFrame({ event: "session-ended", data: null }));
    this.#close(socket, closeCodes.sessionEnded, "session ended");
  }

  #closeTooLong(socket: LiveSocket): void {
    this.#close(socket, closeCodes.moreHistory, "go on with after=");
  }

  #close(socket: LiveSocket, code: number, reason: string): void {
    this.detach(socket);
    closeSocket(socket, code, reason);
  }
}

function internalFailure(error: unknown): Failure {
  logError("websocket-command-failed", error);
  return failure("internal");
}
