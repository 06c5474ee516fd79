import { useEffect, useMemo, useState } from "preact/hooks";
import { postCommand } from "../chat/http-command.ts";
import { type LogoutState, Logouts } from "../chat/logouts.ts";
import { tabStorage } from "./browser-storage.ts";

/** Ends sessions on the server, and tells whether it has confirmed that. */
export function useLogouts(): { logoutState: LogoutState; endSession(token: string): Promise<void> } {
  const [logoutState, setLogoutState] = useState<LogoutState>("none");
  const logouts = useMemo(() => {
    const made: Logouts = new Logouts({
      logOut: (token) => postCommand("logout", document.documentElement.lang, { token, keepalive: true }),
      storage: tabStorage,
      random: () => Math.random(),
      onChange: () => setLogoutState(made.state),
    });
    return made;
  }, []);
  useEffect(() => {
    const tryNow = () => void logouts.tryNow();
    tryNow();
    addEventListener("online", tryNow);
    return () => removeEventListener("online", tryNow);
  }, [logouts]);
  return { logoutState, endSession: (token) => logouts.end(token) };
}
