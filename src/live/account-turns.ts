import { limits } from "../limits.ts";
import type { Timer } from "../storage/clock.ts";

/** The right to execute one command. */
export interface Turn {
  /** The command is answered. @param bytes of its reply */
  end(bytes: number): void;
}

/** An account that has a turn, or pauses. */
interface Account {
  waiting: ((turn: Turn) => void)[];
  current: Turn;
  /** Bytes of replies since the last pause. */
  spent: number;
  cancelNext: () => void;
}

/**
 * Turns of the accounts whose sockets read. An account has one turn at a time, however many sockets it has and however many commands
 * wait there, and pauses in proportion to its replies. So it takes a small part of the shard's time, and others are served in the
 * pauses.
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
      else this.#begin(accountId, { waiting: [], spent: 0 }, begin);
    });
  }

  /** A command that waits for messages or for another realm does not keep the others of its account waiting. */
  #begin(accountId: number, { waiting, spent }: Pick<Account, "waiting" | "spent">, begin: (turn: Turn) => void): void {
    const current: Turn = { end: (bytes) => this.#end(accountId, current, bytes) };
    const cancelNext = this.#timer(() => this.#next(accountId), limits.turnMaxMs);
    this.#accounts.set(accountId, { waiting, spent, current, cancelNext });
    begin(current);
  }

  /** Short replies follow each other without a pause for a while: a timer may take much longer than asked. */
  #end(accountId: number, turn: Turn, bytes: number): void {
    const account = this.#accounts.get(accountId);
    if (account?.current !== turn) return;
    account.cancelNext();
    account.spent += bytes + limits.turnCostBytes;
    if (account.spent < limits.turnsBurstBytes) {
      this.#next(accountId);
      return;
    }
    const pauseMs = Math.ceil((1000 * account.spent) / limits.socketReadBytesPerSecond);
    account.spent = 0;
    account.cancelNext = this.#timer(() => this.#next(accountId), pauseMs);
  }

  #next(accountId: number): void {
    const account = this.#accounts.get(accountId);
    const begin = account?.waiting.shift();
    if (account && begin) this.#begin(accountId, account, begin);
    else this.#accounts.delete(accountId);
  }
}
