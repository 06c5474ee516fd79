import { useEffect, useState } from "preact/hooks";
import { TabStorage } from "../chat/tab-storage.ts";

/** The session and unsent messages, until the tab is closed. */
export const tabStorage = new TabStorage(() => sessionStorage);
/** Settings, which hold no secret. */
export const settingsStorage = new TabStorage(() => localStorage);

/** Whether the browser has refused to keep the session or an unsent message. */
export function useIsTabForgetful(): boolean {
  const [isForgetful, setForgetful] = useState(tabStorage.isIncomplete);
  useEffect(() => tabStorage.subscribe(() => setForgetful(tabStorage.isIncomplete)), []);
  return isForgetful;
}
