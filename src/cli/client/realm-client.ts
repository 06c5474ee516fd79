import { limits } from "../../limits.ts";
import { type CommandName, commands, isCommandName } from "../../protocol/commands.ts";
import type { Language } from "../../protocol/texts.ts";
import { CliError } from "../cli-error.ts";
import { exitCodeOfError, exitCodes } from "../exit-codes.ts";
import { type CommandReply, NoAnswer, UnreadableReply } from "./command-reply.ts";
import type { Connection } from "./connection.ts";
import { Pauses, pause } from "./pauses.ts";

/** Commands whose second run differs from the first, so that they are not repeated after a lost answer. */
const runOnce: ReadonlySet<string> = new Set<CommandName>([
  ...(["register", "auth", "creategroup", "passwd", "logout", "rotatekey"] as const),
]);

export interface ClientDeps {
  connection: Connection;
  token: string | null;
  language: Language;
  /** The longest time for one command, with all its attempts. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  /** Is told why an attempt is repeated. */
  onRetry?: (reason: string) => void;
}

/** Commands of one session, repeated within their time-out where that is safe. */
export class RealmClient {
  readonly deps: ClientDeps;

  constructor(deps: ClientDeps) {
    this.deps = deps;
  }

  /** The same client, whose commands end with this signal and take no longer than one usually may. */
  until(signal: AbortSignal): RealmClient {
    return new RealmClient({ ...this.deps, signal, timeoutMs: Math.min(this.deps.timeoutMs, limits.cliTimeoutMs) });
  }

  /** @returns the data of a reply that is OK. @throws {CliError} */
  async data(line: string, options: AttemptOptions = {}): Promise<unknown> {
    const reply = await this.command(line, options);
    if (reply.ok) return reply.data;
    throw errorOfReply(reply);
  }

  /**
   * Sends a command until it has an answer that is not temporary, or until its time is over.
   *
   * @returns the last reply. @throws {CliError} without any
   */
  async command(
    line: string,
    { waitMs = 0, timeoutMs = this.deps.timeoutMs }: AttemptOptions = {},
  ): Promise<FinalReply> {
    const { connection, token, language, signal } = this.deps;
    const endsAt = performance.now() + timeoutMs + waitMs;
    const pauses = new Pauses();
    let mayHaveArrived = false;
    for (;;) {
      const leftMs = endsAt - performance.now();
      const attempt = await connection
        // The server drops one line end. The text of a message may end with another.
        .command(`${line}\r\n`, { token, language, timeoutMs: leftMs, signal })
        .catch(faultOf);
      const isFault = attempt instanceof Error;
      const isCertain = !mayHaveArrived;
      mayHaveArrived ||= mayHaveRun(attempt);
      const pauseMs = isFault ? pauses.next() : pauseAfter(attempt, pauses);
      const canWait =
        pauseMs !== null && mayRepeat(line, attempt) && performance.now() + pauseMs < endsAt && !signal?.aborted;
      if (!canWait && isFault) throw errorOfFault(attempt, mayHaveArrived);
      if (!canWait && !isFault) return { ...attempt, isUncertain: !isCertain && hasKey(line) };
      this.deps.onRetry?.(isFault ? attempt.message : String(attempt.data));
      await pause(pauseMs ?? 0, signal);
    }
  }
}

/** The last of the replies to a command. */
export interface FinalReply extends CommandReply {
  /** An earlier attempt of a send may have been carried out. Only a delivery or an OK then says what became of it. */
  isUncertain: boolean;
}

export interface AttemptOptions {
  /** How long the command itself waits, such as `inbox wait=20`. */
  waitMs?: number;
  timeoutMs?: number;
}

/** @returns null if the reply is final */
function pauseAfter(reply: CommandReply, pauses: Pauses): number | null {
  if (reply.ok || reply.delivery?.state === "failed") return null;
  if (reply.error === "internal") return pauses.next();
  const isTemporary = reply.httpStatus === 429 || reply.httpStatus === 503;
  const hasPause = reply.httpStatus === null && reply.retryAfterSeconds !== null && reply.error !== "wrong-credentials";
  if (!isTemporary && !hasPause) return null;
  return reply.retryAfterSeconds === null ? pauses.next() : reply.retryAfterSeconds * 1000;
}

/** Whether a second run can succeed, and does no harm if the first one was carried out. */
function mayRepeat(line: string, attempt: CommandReply | NoAnswer | UnreadableReply): boolean {
  if (attempt instanceof UnreadableReply && !attempt.isTemporary) return false;
  if (!mayHaveRun(attempt)) return true;
  const [word = "", next = ""] = line.split(" ");
  const name = word.toLowerCase();
  if (!isCommandName(name) || runOnce.has(name)) return false;
  const options: readonly string[] = commands[name].options;
  return !options.includes("key") || next.startsWith("key=");
}

/** Whether the server may have carried the command out although it does not say so. */
function mayHaveRun(attempt: CommandReply | NoAnswer | UnreadableReply): boolean {
  if (attempt instanceof UnreadableReply) return true;
  if (attempt instanceof NoAnswer) return attempt.mayHaveArrived;
  return attempt.error === "internal" || attempt.error === "unavailable";
}

/** Whether the line is a send that may be repeated. */
function hasKey(line: string): boolean {
  return line.split(" ")[1]?.startsWith("key=") === true;
}

function faultOf(error: unknown): NoAnswer | UnreadableReply {
  if (error instanceof NoAnswer || error instanceof UnreadableReply) return error;
  throw error;
}

export function errorOfReply(reply: FinalReply): CliError {
  const { delivery, isUncertain } = reply;
  const ofReply = isUncertain ? exitCodes.broken : exitCodeOfError(reply.error, reply.httpStatus);
  const exitCode = delivery?.state === "failed" ? exitCodes.failed : ofReply;
  const error = new CliError(exitCode, reply.error ?? "refused", String(reply.data));
  if (delivery) Object.assign(error.details, delivery);
  if (reply.retryAfterSeconds !== null) error.details.retryAfter = reply.retryAfterSeconds;
  error.isTemporary = reply.httpStatus === 429 || (reply.httpStatus ?? 0) >= 500;
  return error;
}

function errorOfFault(fault: NoAnswer | UnreadableReply, mayHaveArrived: boolean): CliError {
  const values = { reason: fault.message };
  const error = mayHaveArrived
    ? new CliError(
        exitCodes.broken,
        fault instanceof NoAnswer ? "no-answer" : "unreadable-reply",
        ["Tidak ada jawaban yang utuh: {reason}", "There is no complete answer: {reason}"],
        values,
      )
    : new CliError(
        exitCodes.failed,
        "unreachable",
        ["Server tidak terjangkau: {reason}", "The server cannot be reached: {reason}"],
        values,
      );
  error.isTemporary = fault instanceof NoAnswer || fault.isTemporary;
  return error;
}
