import type { Accounts } from "../accounts/accounts.ts";
import { expiresAt, isExpired } from "../accounts/login-throttle.ts";
import type { SessionClaim } from "../accounts/session-token.ts";
import { limits } from "../limits.ts";
import type { Arrival, Logs } from "../messaging/logs.ts";
import { type NewMessage, shown, told } from "../messaging/message-store.ts";
import type { Command } from "../protocol/commands.ts";
import { closeCodes, type LiveEvent } from "../protocol/events.ts";
import { parseCommand, stripLineEnd } from "../protocol/grammar.ts";
import type { FullAddress } from "../protocol/names.ts";
import { type Answer, type Failure, failure, frameLiveReply } from "../protocol/replies.ts";
import type { Language } from "../protocol/texts.ts";
import type { Wish } from "../shard-api/upgrade-params.ts";
import type { Clock, Timer } from "../storage/clock.ts";
import { CatchUp } from "./backfill.ts";
import { Crier } from "./broadcaster.ts";
import { Audience } from "./group-subscribers.ts";
import { frameOf, Sockets, tell } from "./socket-registry.ts";

export interface Surroundings {
  accounts: Accounts;
  logs: Logs;
  clock: Clock;
  timer: Timer;
  /** The groups that an account belongs to. */
  groupsOf(account: number): FullAddress[];
  /** Carries out a command as `POST /command` would. */
  execute(command: Command, claim: SessionClaim, language: Language): Promise<Answer>;
}

/** Live sockets: commands come in as frames, replies go out in their order, and events in between. */
export class Live {
  readonly #around: Surroundings;
  readonly #sockets: Sockets;
  readonly #catchUp: CatchUp;
  readonly #crier: Crier;
  /** Null until a group has something to tell. Lost at hibernation, and found again then. */
  #audience: Audience | null = null;
  /** Replies that are still to be sent. Lost at hibernation, which waits until there are none. */
  readonly #replies = new Map<WebSocket, { open: number; tail: Promise<void> }>();

  constructor(host: DurableObjectState, around: Surroundings) {
    this.#around = around;
    this.#sockets = new Sockets(host);
    this.#catchUp = new CatchUp(this.#sockets, around.logs, around.timer, (socket) =>
      this.#close(socket, closeCodes.historyGoesOn, "go on with after="),
    );
    this.#crier = new Crier(around.timer);
  }

  /** To be called once, when the object starts. */
  start(): void {
    this.#catchUp.resume();
  }

  /**
   * Opens a socket for a session.
   *
   * @returns the client's end, or why there is none
   */
  open({ claim, after, language }: Wish): WebSocket | Failure {
    const session = this.#around.accounts.authenticate(claim);
    if ("error" in session) return session;
    const account = session.account.id;
    if (this.#sockets.openOf(account) >= limits.socketsPerAccount)
      return failure("too-many-sockets", {}, limits.retrySoonSeconds);
    const toldUpTo = after ?? this.#around.logs.store.newest(account);
    const expires = expiresAt(session.used);
    const { client, server } = this.#sockets.open({ claim, account, language, expires, toldUpTo, toldChars: 0 });
    this.#audience?.come(account);
    this.#catchUp.tell(server);
    return client;
  }

  /** A frame has come. Commands start in the order of their frames, and are answered in it. */
  async heard(socket: WebSocket, frame: string | ArrayBuffer): Promise<void> {
    const ticket = this.#sockets.ticketOf(socket);
    if (!ticket) return;
    const bytes = typeof frame === "string" ? new TextEncoder().encode(frame).length : frame.byteLength;
    if (bytes > limits.bodyMaxBytes) return this.#close(socket, closeCodes.tooLarge, "frame too large");
    const replies = this.#replies.get(socket) ?? { open: 0, tail: Promise.resolve() };
    this.#replies.set(socket, replies);
    replies.open++;
    const answer =
      replies.open > limits.repliesPerSocket
        ? Promise.resolve(failure("too-many-unanswered", {}, limits.retrySoonSeconds))
        : this.#answer(frame, ticket.claim, ticket.language);
    const before = replies.tail;
    const sent = this.#send(socket, before, answer, ticket.language);
    replies.tail = sent;
    await sent;
    if (--replies.open === 0) this.#replies.delete(socket);
  }

  closed(socket: WebSocket): void {
    const account = this.#sockets.ticketOf(socket)?.account;
    this.#sockets.forget(socket);
    if (account !== undefined && this.#sockets.of(account).size === 0) this.#audience?.leave(account);
    this.#replies.delete(socket);
  }

  /** To be called after a commit: messages go to the sockets of those who got them. */
  announce(arrivals: readonly Arrival[]): void {
    for (const { log, id, message, group } of arrivals) {
      if (group !== null) {
        this.announceGroup(group, id, message);
        continue;
      }
      const live = [...this.#sockets.of(log)].filter((socket) => this.#sockets.ticketOf(socket)?.toldUpTo === null);
      if (live.length === 0) continue;
      const frame = frameOf({ event: "message", data: told(id, message) });
      for (const socket of live) tell(socket, frame);
    }
  }

  /** To be called when a message has come to a group: its members who have sockets here hear of it. */
  announceGroup(group: FullAddress, id: number, message: Pick<NewMessage, "from" | "text" | "time">): void {
    if (this.#sockets.isEmpty) return;
    const members = this.#gathered().of(group);
    if (members.size === 0) return;
    const frame = frameOf({ event: "group-message", data: { group, ...shown(id, message) } });
    this.#crier.cry(frame, this.#socketsOf(members));
  }

  *#socketsOf(accounts: Iterable<number>): Iterable<WebSocket> {
    for (const account of accounts) yield* this.#sockets.of(account);
  }

  #gathered(): Audience {
    if (this.#audience) return this.#audience;
    this.#audience = new Audience((account) => this.#around.groupsOf(account));
    for (const [, { account }] of this.#sockets.all()) this.#audience.come(account);
    return this.#audience;
  }

  /** To be called after a commit: an account hears an event on all its sockets. */
  say(account: number, event: LiveEvent): void {
    if (event.event === "membership") this.#audience?.changed(account);
    for (const socket of this.#sockets.of(account)) tell(socket, frameOf(event));
  }

  /** To be called after a commit that ended sessions: the sockets of those that are over close. */
  endSessions(account: number): void {
    for (const socket of [...this.#sockets.of(account)]) {
      const ticket = this.#sockets.ticketOf(socket);
      // Looking is no use of a session: only its existence counts.
      if (!ticket || this.#around.accounts.find(ticket.claim)) continue;
      const replies = this.#replies.get(socket);
      // From now on it hears nothing of the account.
      this.closed(socket);
      if (replies) this.#endAfter(socket, replies.tail);
      else this.#bye(socket);
    }
  }

  /** Whoever logs out over a socket hears that it was done before it closes; other replies are not waited for long. */
  #endAfter(socket: WebSocket, replies: Promise<void>): void {
    const cancel = this.#around.timer(() => this.#bye(socket), limits.closeGraceMs);
    void replies.then(() => {
      cancel();
      this.#bye(socket);
    });
  }

  /** Closes the sockets whose sessions have expired, and finds out how long the others last. */
  sweep(): void {
    const now = this.#around.clock();
    for (const [socket, ticket] of this.#sockets.all()) {
      if (ticket.expires > now) continue;
      const session = this.#around.accounts.find(ticket.claim);
      if (session && !isExpired(session.used, now))
        this.#sockets.keep(socket, { ...ticket, expires: expiresAt(session.used) });
      else this.#end(socket);
    }
  }

  /** When the next session of an open socket may expire; null: no socket is open. */
  nextDue(): number | null {
    let least: number | null = null;
    for (const [, { expires }] of this.#sockets.all()) least = Math.min(least ?? expires, expires);
    return least;
  }

  async #answer(frame: string | ArrayBuffer, claim: SessionClaim, language: Language): Promise<Answer> {
    if (typeof frame !== "string") return failure("not-utf8");
    const parsed = parseCommand(stripLineEnd(frame));
    if (!parsed.ok) return failure(parsed.error, { ...parsed.details });
    return this.#around.execute(parsed.command, claim, language);
  }

  async #send(socket: WebSocket, before: Promise<void>, answer: Promise<Answer>, language: Language): Promise<void> {
    const [settled] = await Promise.all([answer.catch(broken), before]);
    // A page can break off when it has begun: its reader hears that, and the replies after it.
    const frame = await frameLiveReply(settled, language).catch((error) => frameLiveReply(broken(error), language));
    tell(socket, frame);
    if (settled.kind === "failure" && settled.error === "session-ended") this.#end(socket);
  }

  #end(socket: WebSocket): void {
    if (!this.#sockets.ticketOf(socket)) return;
    this.closed(socket);
    this.#bye(socket);
  }

  #bye(socket: WebSocket): void {
    tell(socket, frameOf({ event: "session-ended", data: null }));
    this.#close(socket, closeCodes.sessionEnded, "session ended");
  }

  #close(socket: WebSocket, code: number, reason: string): void {
    this.closed(socket);
    try {
      socket.close(code, reason);
    } catch {
      // Closed already.
    }
  }
}

function broken(error: unknown): Failure {
  console.error({ event: "frame-failed", error: String(error) });
  return failure("internal");
}
