import { isString, parseJson, shape } from "./json-guards.ts";
import type { KeyValueStorage } from "./tab-storage.ts";

/** A session that this browser tab has opened. */
export interface LoginSession {
  token: string;
  /** The full address of the account. */
  user: string;
}

export const isLoginSession = shape<LoginSession>({ token: isString, user: isString });

const storageKey = "ranah-session";

/** Stores the token until the tab is closed, and no longer: others may use the device later. */
export function saveSession(storage: KeyValueStorage, session: LoginSession | null): void {
  if (session) storage.setItem(storageKey, JSON.stringify(session));
  else storage.removeItem(storageKey);
}

export function loadSession(storage: KeyValueStorage): LoginSession | null {
  const session = parseJson(storage.getItem(storageKey) ?? "");
  return isLoginSession(session) ? session : null;
}
