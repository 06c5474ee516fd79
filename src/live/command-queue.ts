import { limits } from "../limits.ts";
import type { Command } from "../protocol/commands.ts";
import { closeCodes } from "../protocol/events.ts";
import { type ParseResult, parseCommand } from "../protocol/grammar.ts";
import { type Answer, type Failure, failure, frameLiveReply } from "../protocol/replies.ts";
import type { Language } from "../protocol/texts.ts";
import type { SessionRef } from "../shard-api/caller.ts";
import { logError } from "../storage/log.ts";
import type { AccountTurns, Turn } from "./account-turns.ts";
import type { FlowControl } from "./flow-control.ts";
import { type Frame, frameOf } from "./frame.ts";
import type { LiveSocket, SocketState } from "./live-socket.ts";
import { closeSessionEnded } from "./session-end.ts";
import type { SocketRegistry } from "./socket-registry.ts";

/** Executes the commands that come over sockets. */
export interface SocketCommandExecutor {
  /** @param command or why the frame is none, which also costs */
  executeFromSocket(command: Command | Failure, session: SessionRef, language: Language): Promise<Answer>;
  /** A reply of so many bytes is on its way. */
  chargeReply(session: SessionRef, bytes: number): void;
}

export interface CommandQueueDeps {
  registry: SocketRegistry;
  flow: FlowControl;
  turns: AccountTurns;
  executor: SocketCommandExecutor;
}

/** A frame of a client, or why it is none. */
interface Incoming {
  line: string | Failure;
  bytes: number;
  done: () => void;
}

/**
 * The commands of one socket, from their arrival to their replies. They start and are answered in their order. A command waits as
 * text until the client has acknowledged the replies before it; one that reads also waits for the one that read before. So a client
 * that reads no reply costs no work and little memory. Sends start together, so that they share commits.
 */
export class CommandQueue {
  readonly #socket: LiveSocket;
  readonly #state: SocketState;
  readonly #deps: CommandQueueDeps;
  readonly #waiting: Incoming[] = [];
  #isStarting = false;
  #unanswered = 0;
  #unansweredBytes = 0;
  /** Of the sends that have been started and not answered. */
  #sendingBytes = 0;
  /** Resolves when the reading command that was started last is answered. */
  #reading: Promise<void> = Promise.resolve();
  #lastAnswered: Promise<void> = Promise.resolve();

  constructor(socket: LiveSocket, state: SocketState, deps: CommandQueueDeps) {
    this.#socket = socket;
    this.#state = state;
    this.#deps = deps;
  }

  get isEmpty(): boolean {
    return this.#unanswered === 0;
  }

  /** Resolves when the commands that have been started are answered. */
  get lastAnswered(): Promise<void> {
    return this.#lastAnswered;
  }

  /** Resolves when the frame is answered or dropped. */
  receive(line: string | Failure, bytes: number): Promise<void> {
    const { registry } = this.#deps;
    if (this.#unanswered >= limits.unansweredPerSocket || this.#unansweredBytes + bytes > limits.unansweredMaxBytes) {
      registry.close(this.#socket, closeCodes.tooManyUnanswered, "too many commands are unanswered");
      return Promise.resolve();
    }
    this.#unanswered++;
    this.#unansweredBytes += bytes;
    return new Promise((done) => {
      this.#waiting.push({ line, bytes, done });
      if (!this.#isStarting) void this.#startWaiting();
    });
  }

  /** Drops the commands that have not been started. */
  stop(): void {
    for (const { bytes, done } of this.#waiting.splice(0)) this.#settle(bytes, done);
  }

  async #startWaiting(): Promise<void> {
    this.#isStarting = true;
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      const room = this.#deps.flow.waitForRoom(this.#socket, 0);
      if (room) await room;
      const parsed = parse(next.line);
      const waiting = this.#turnFor(parsed);
      const turn = waiting && (await waiting);
      // The queue was stopped meanwhile.
      if (this.#waiting[0] !== next) {
        turn?.end(0);
        break;
      }
      this.#waiting.shift();
      this.#start(next, parsed, turn);
    }
    this.#isStarting = false;
  }

  /** Waits until a command may start. A send needs no turn. */
  #turnFor(parsed: ParsedLine): Promise<Turn | null> | null {
    if (!parsed.ok || !isSend(parsed.command))
      return this.#reading.then(() => this.#deps.turns.take(this.#state.accountId));
    const isBehind = this.#sendingBytes > limits.concurrentSendsMaxBytes;
    return isBehind ? this.#lastAnswered.then(() => null) : null;
  }

  /** @param turn null: a send */
  #start({ bytes, done }: Incoming, parsed: ParsedLine, turn: Turn | null): void {
    if (!turn) this.#sendingBytes += bytes;
    const answered = this.#answer(this.#execute(parsed), turn).then(() => {
      if (!turn) this.#sendingBytes -= bytes;
      this.#settle(bytes, done);
    });
    this.#lastAnswered = answered;
    if (turn) this.#reading = answered;
  }

  async #execute(parsed: ParsedLine): Promise<Answer> {
    const { session, language } = this.#state;
    return this.#deps.executor.executeFromSocket(parsed.ok ? parsed.command : parsed.failure, session, language);
  }

  async #answer(executing: Promise<Answer>, turn: Turn | null): Promise<void> {
    const { executor, flow, registry } = this.#deps;
    const [answer] = await Promise.all([executing.catch(internalFailure), this.#lastAnswered]);
    const frame = await this.#frame(answer);
    turn?.end(frame.bytes);
    executor.chargeReply(this.#state.session, frame.bytes);
    const room = flow.waitForRoom(this.#socket, frame.bytes);
    if (room) await room;
    flow.send(this.#socket, frame);
    const hasEnded = answer.kind === "failure" && answer.error === "session-ended";
    if (hasEnded && registry.stateOf(this.#socket)) closeSessionEnded(this.#socket, flow, registry);
  }

  /** A page that has begun can break off: the client gets a failure, and the replies after it. */
  async #frame(answer: Answer): Promise<Frame> {
    const { language } = this.#state;
    try {
      return frameOf(await frameLiveReply(answer, language));
    } catch (error) {
      return frameOf(await frameLiveReply(internalFailure(error), language));
    }
  }

  #settle(bytes: number, done: () => void): void {
    this.#unanswered--;
    this.#unansweredBytes -= bytes;
    done();
  }
}

function isSend({ name }: Command): boolean {
  return name === "sendprivate" || name === "sendgroup";
}

type ParsedLine = { ok: true; command: Command } | { ok: false; failure: Failure };

function parse(line: string | Failure): ParsedLine {
  if (typeof line !== "string") return { ok: false, failure: line };
  const parsed: ParseResult = parseCommand(line);
  return parsed.ok ? parsed : { ok: false, failure: failure(parsed.error, { ...parsed.details }) };
}

function internalFailure(error: unknown): Failure {
  logError("websocket-command-failed", error);
  return failure("internal");
}
