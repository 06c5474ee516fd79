import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { type LoginSession, loadSession, saveSession } from "../chat/login-storage.ts";
import { tabStorage } from "./browser-storage.ts";
import { useCalendar } from "./calendar.ts";
import { ChatPage } from "./chat-page.tsx";
import { CopiedCommandToast } from "./copied-command-toast.tsx";
import { createChatClient } from "./create-chat-client.ts";
import { LoginPage } from "./login-page.tsx";
import { type CopiedCommand, type PageContext, PageContextProvider } from "./page-context.ts";
import { applySettings, loadSettings, type Settings, saveSettings } from "./settings.ts";
import { translatorFor } from "./ui-texts.ts";
import { useLogouts } from "./use-logouts.ts";

/** The login page without a session, the chat page with one. */
export function App() {
  const [settings, setSettings] = useState(loadSettings);
  const [session, setSession] = useState(() => loadSession(tabStorage));
  const [isSessionEnded, setSessionEnded] = useState(false);
  const [copied, copy] = useCopiedCommand();
  const calendar = useCalendar();
  const { logoutState, endSession } = useLogouts();

  const changeSettings = useCallback((changed: Settings) => {
    saveSettings(changed);
    setSettings(changed);
  }, []);
  useEffect(() => applySettings(settings), [settings]);
  const context = useMemo<PageContext>(
    () => ({ settings, calendar, changeSettings, t: translatorFor(settings.language), copy, copied }),
    [settings, calendar, changeSettings, copy, copied],
  );

  const logIn = (opened: LoginSession) => {
    saveSession(tabStorage, opened);
    setSessionEnded(false);
    setSession(opened);
  };
  const leave = (isEndedByServer: boolean) => {
    saveSession(tabStorage, null);
    setSessionEnded(isEndedByServer);
    setSession(null);
    if (!isEndedByServer) location.hash = "";
  };

  return (
    <PageContextProvider value={context}>
      {session ? (
        <LoggedInPage key={session.token} session={session} endSession={endSession} onEnd={leave} />
      ) : (
        <LoginPage isSessionEnded={isSessionEnded} logoutState={logoutState} onLogIn={logIn} />
      )}
      <CopiedCommandToast />
    </PageContextProvider>
  );
}

const copiedVisibleMs = 8_000;

function useCopiedCommand(): [CopiedCommand | null, (command: string | null) => void] {
  const [copied, setCopied] = useState<CopiedCommand | null>(null);
  const copy = useCallback((command: string | null) => {
    const shown = command === null ? null : { command, isOnClipboard: false };
    setCopied(shown);
    if (shown && navigator.clipboard) {
      const onWritten = () => setCopied((current) => (current === shown ? { ...shown, isOnClipboard: true } : current));
      navigator.clipboard.writeText(shown.command).then(onWritten, () => {});
    }
  }, []);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(null), copiedVisibleMs);
    return () => clearTimeout(timer);
  }, [copied]);
  return [copied, copy];
}

interface LoggedInPageProps {
  session: LoginSession;
  endSession(token: string): Promise<void>;
  onEnd(isEndedByServer: boolean): void;
}

function LoggedInPage({ session, endSession, onEnd }: LoggedInPageProps) {
  const client = useMemo(() => createChatClient(session), [session]);
  const isLoggingOut = useRef(false);
  useEffect(() => {
    const unsubscribe = client.store.subscribe(() => {
      if (client.store.state.connection.status === "session-ended" && !isLoggingOut.current) onEnd(true);
    });
    client.start();
    return () => {
      unsubscribe();
      client.stop();
    };
  }, [client]);

  async function logOut(): Promise<void> {
    isLoggingOut.current = true;
    client.stop();
    client.sender.discardAll();
    await endSession(session.token);
    onEnd(false);
  }
  return <ChatPage client={client} onLogOut={() => void logOut()} />;
}
