import { isString, parseJson, shape } from "./json-guards.ts";

/** A session that this browser tab has opened. */
export interface LoginSession {
  token: string;
  /** The full address of the account. */
  user: string;
}

export const isLoginSession = shape<LoginSession>({ token: isString, user: isString });

const storageKey = "ranah-session";

/** Stores the token until the tab is closed, and no longer: others may use the device later. */
export function saveSession(session: LoginSession | null): void {
  if (session) sessionStorage.setItem(storageKey, JSON.stringify(session));
  else sessionStorage.removeItem(storageKey);
}

export function loadSession(): LoginSession | null {
  try {
    const session = parseJson(sessionStorage.getItem(storageKey) ?? "");
    return isLoginSession(session) ? session : null;
  } catch {
    // The browser's settings may forbid storage.
    return null;
  }
}
