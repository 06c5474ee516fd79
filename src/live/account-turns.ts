import { limits } from "../limits.ts";
import type { Timer } from "../storage/clock.ts";

/** The right to execute one command. */
export interface Turn {
  /** The command is answered. @param bytes of its reply */
  end(bytes: number): void;
}

/** An account whose last turn has just begun or ended. */
interface Account {
  waiting: ((turn: Turn) => void)[];
  current: Turn;
  cancelNext: () => void;
}

/**
 * Turns of the accounts whose sockets read. An account has one turn at a time, however many sockets it has and however many commands
 * wait there, and pauses after it in proportion to the reply. So it takes a small part of the shard's time, and others are served in
 * the pauses.
 */
export class AccountTurns {
  readonly #timer: Timer;
  readonly #accounts = new Map<number, Account>();

  constructor(timer: Timer) {
    this.#timer = timer;
  }

  /** Resolves when the account may execute a command. */
  take(accountId: number): Promise<Turn> {
    return new Promise((begin) => {
      const account = this.#accounts.get(accountId);
      if (account) account.waiting.push(begin);
      else this.#begin(accountId, [], begin);
    });
  }

  /** A command that waits for messages or for another realm does not keep the others of its account waiting. */
  #begin(accountId: number, waiting: Account["waiting"], begin: (turn: Turn) => void): void {
    const turn: Turn = { end: (bytes) => this.#end(accountId, turn, bytes) };
    const cancelNext = this.#timer(() => this.#next(accountId), limits.turnMaxMs);
    this.#accounts.set(accountId, { waiting, current: turn, cancelNext });
    begin(turn);
  }

  #end(accountId: number, turn: Turn, bytes: number): void {
    const account = this.#accounts.get(accountId);
    if (account?.current !== turn) return;
    account.cancelNext();
    const pauseMs = Math.ceil((1000 * bytes) / limits.socketReadBytesPerSecond);
    account.cancelNext = this.#timer(() => this.#next(accountId), Math.max(1, pauseMs));
  }

  #next(accountId: number): void {
    const waiting = this.#accounts.get(accountId)?.waiting ?? [];
    const begin = waiting.shift();
    if (begin) this.#begin(accountId, waiting, begin);
    else this.#accounts.delete(accountId);
  }
}
