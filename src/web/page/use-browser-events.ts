import { useEffect } from "preact/hooks";
import type { ChatClient } from "../chat/chat-client.ts";

/** Tells the client what the browser knows: networks that come and go, and a user who comes back or leaves. */
export function useBrowserEvents(client: ChatClient): void {
  useEffect(() => {
    const onReturn = () => document.visibilityState === "visible" && client.reconnectNow();
    const onFocus = () => client.store.state.connection.status === "replaced" && client.reconnectNow();
    const onOnline = () => client.onOnline();
    const onOffline = () => client.onOffline();
    const flush = () => client.readMarkers.flush();
    addEventListener("online", onOnline);
    addEventListener("offline", onOffline);
    addEventListener("focus", onFocus);
    addEventListener("pagehide", flush);
    document.addEventListener("visibilitychange", onReturn);
    return () => {
      removeEventListener("online", onOnline);
      removeEventListener("offline", onOffline);
      removeEventListener("focus", onFocus);
      removeEventListener("pagehide", flush);
      document.removeEventListener("visibilitychange", onReturn);
    };
  }, [client]);
}
