import { arrayOf, isString, parseJson } from "./json-guards.ts";
import { reconnectDelayMs } from "./reconnect-delay.ts";
import type { Reply } from "./reply-parser.ts";
import type { KeyValueStorage } from "./tab-storage.ts";

export interface LogoutsDeps {
  /** Sends `logout` with this token. @throws HttpFailure */
  logOut(token: string): Promise<Reply>;
  storage: KeyValueStorage;
  random(): number;
  /** Called when `state` has changed. */
  onChange(): void;
}

/** `unconfirmed`: a session may still be open, since the server has not answered its logout. */
export type LogoutState = "none" | "unconfirmed" | "confirmed";

const storageKey = "ranah-logouts";
const areTokens = arrayOf(isString);

/**
 * Ends sessions on the server. A session whose logout is not answered would stay open for 30 days, so its token is kept in
 * the tab, and the logout is tried again until the server has ended the session.
 */
export class Logouts {
  readonly #deps: LogoutsDeps;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #state: LogoutState = "none";

  constructor(deps: LogoutsDeps) {
    this.#deps = deps;
  }

  get state(): LogoutState {
    return this.#state;
  }

  /** Resolves after the first attempt. */
  async end(token: string): Promise<void> {
    this.#save([...this.#tokens, token]);
    this.#setState("none");
    await this.tryNow();
  }

  /** Sends all logouts without an answer: after the page was loaded again, and when the device finds a network. */
  async tryNow(): Promise<void> {
    clearTimeout(this.#timer);
    for (const token of this.#tokens) {
      const retrySeconds = await this.#attempt(token);
      if (retrySeconds === null) continue;
      const delay = Math.max(reconnectDelayMs(this.#failures++, this.#deps.random()), retrySeconds * 1000);
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.tryNow(), delay);
      return this.#setState("unconfirmed");
    }
    this.#failures = 0;
    if (this.#state === "unconfirmed") this.#setState("confirmed");
  }

  /** @returns null if the session has ended, or the seconds that the server wants the page to wait */
  async #attempt(token: string): Promise<number | null> {
    const reply = await this.#deps.logOut(token).catch(() => null);
    const isOver = reply?.status === "OK" || reply?.error === "session-ended" || reply?.error === "token-malformed";
    if (!isOver) return reply?.retryAfter ?? 0;
    this.#save(this.#tokens.filter((each) => each !== token));
    return null;
  }

  get #tokens(): string[] {
    const stored = parseJson(this.#deps.storage.getItem(storageKey) ?? "[]");
    return areTokens(stored) ? stored : [];
  }

  #save(tokens: string[]): void {
    if (tokens.length > 0) this.#deps.storage.setItem(storageKey, JSON.stringify(tokens));
    else this.#deps.storage.removeItem(storageKey);
  }

  #setState(state: LogoutState): void {
    this.#state = state;
    this.#deps.onChange();
  }
}
