import { limits } from "../limits.ts";
import type { Clock, Timer } from "../storage/clock.ts";

/** The right to execute one command. */
export interface Turn {
  /** The command is answered. @param bytes of its reply */
  end(bytes: number): void;
}

/** An account whose sockets read, or have read a moment ago. */
interface Account {
  waiting: ((turn: Turn) => void)[];
  current: Turn | null;
  /** Bytes that it may read at once; without any it pauses. */
  credit: number;
  /** When `credit` was right. */
  creditAt: number;
  /** Ends the pause, the patience with the current turn, or the memory of the account. */
  cancelTimer: () => void;
}

/**
 * Turns of the accounts whose sockets read. An account has one turn at a time, however many sockets it has and however many commands
 * wait there, and pauses in proportion to its replies. So it takes a small part of the shard's time, and others are served in the
 * pauses.
 */
export class AccountTurns {
  readonly #timer: Timer;
  readonly #clock: Clock;
  readonly #accounts = new Map<number, Account>();

  /** @param clock any that never goes back */
  constructor(timer: Timer, clock: Clock) {
    this.#timer = timer;
    this.#clock = clock;
  }

  /** Resolves when the account may execute a command. */
  take(accountId: number): Promise<Turn> {
    return new Promise((begin) => {
      const account = this.#accounts.get(accountId) ?? this.#add(accountId);
      account.waiting.push(begin);
      this.#next(accountId, account);
    });
  }

  #add(accountId: number): Account {
    const account: Account = {
      waiting: [],
      current: null,
      credit: limits.turnsBurstBytes,
      creditAt: this.#clock(),
      cancelTimer: () => {},
    };
    this.#accounts.set(accountId, account);
    return account;
  }

  #next(accountId: number, account: Account): void {
    if (account.current) return;
    account.cancelTimer();
    this.#refill(account);
    if (account.credit <= 0) {
      account.cancelTimer = this.#timer(() => this.#next(accountId, account), msOf(1 - account.credit));
      return;
    }
    const begin = account.waiting.shift();
    if (begin) this.#begin(accountId, account, begin);
    // Until its credit is full again, so that an account that comes back at once has not escaped its pause.
    else
      account.cancelTimer = this.#timer(
        () => this.#accounts.delete(accountId),
        msOf(limits.turnsBurstBytes - account.credit),
      );
  }

  /** A command that waits for messages or for another realm does not keep the others of its account waiting. */
  #begin(accountId: number, account: Account, begin: (turn: Turn) => void): void {
    const turn: Turn = {
      end: (bytes) => {
        this.#refill(account);
        account.credit -= bytes + limits.turnCostBytes;
        if (account.current === turn) leave();
      },
    };
    const leave = () => {
      account.current = null;
      this.#next(accountId, account);
    };
    account.current = turn;
    account.cancelTimer = this.#timer(leave, limits.turnMaxMs);
    begin(turn);
  }

  #refill(account: Account): void {
    const now = this.#clock();
    const gained = (Math.max(0, now - account.creditAt) / 1000) * limits.socketReadBytesPerSecond;
    account.credit = Math.min(limits.turnsBurstBytes, account.credit + gained);
    account.creditAt = now;
  }
}

/** How long an account may read so many bytes. A timer counts whole milliseconds. */
function msOf(bytes: number): number {
  return Math.ceil((1000 * bytes) / limits.socketReadBytesPerSecond);
}
