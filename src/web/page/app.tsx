import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Chat } from "../chat/chat.ts";
import { newKey } from "../chat/conversation-key.ts";
import { keepSession, keptSession, post, type Session } from "../chat/session-storage.ts";
import { type Copied, type PageSurroundings, Surroundings } from "./browser-api.ts";
import { ChatPage } from "./chat-page.tsx";
import { Login } from "./login.tsx";
import { applySettings, keepSettings, keptSettings, type Settings } from "./settings.ts";
import { Toast } from "./toast.tsx";
import { sayIn } from "./ui-texts.ts";

/** The page: whoever has no session sees the way in, everybody else their conversations. */
export function App() {
  const [settings, setSettings] = useState(keptSettings);
  const [session, setSession] = useState(keptSession);
  const [isOver, setOver] = useState(false);
  const [copied, copy] = useClipboard();

  const choose = useCallback((chosen: Settings) => {
    keepSettings(chosen);
    setSettings(chosen);
  }, []);
  useEffect(() => applySettings(settings), [settings]);
  const around = useMemo<PageSurroundings>(
    () => ({ settings, choose, say: sayIn(settings.language), copy, copied }),
    [settings, choose, copy, copied],
  );

  const enter = (entered: Session) => {
    keepSession(entered);
    setOver(false);
    setSession(entered);
  };
  const leave = (over: boolean) => {
    keepSession(null);
    setOver(over);
    setSession(null);
    if (!over) location.hash = "";
  };

  return (
    <Surroundings value={around}>
      {session ? (
        <Inside key={session.token} session={session} onEnd={leave} />
      ) : (
        <Login isOver={isOver} onSession={enter} />
      )}
      <Toast />
    </Surroundings>
  );
}

const copiedShownMs = 8_000;

function useClipboard(): [Copied | null, (line: string | null) => void] {
  const [copied, setCopied] = useState<Copied | null>(null);
  const copy = useCallback((line: string | null) => {
    const shown = line === null ? null : { line, isDone: false };
    setCopied(shown);
    if (shown && navigator.clipboard) {
      const done = () => setCopied((now) => (now === shown ? { ...shown, isDone: true } : now));
      navigator.clipboard.writeText(shown.line).then(done, () => {});
    }
  }, []);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(null), copiedShownMs);
    return () => clearTimeout(timer);
  }, [copied]);
  return [copied, copy];
}

function Inside({ session, onEnd }: { session: Session; onEnd(isOver: boolean): void }) {
  const chat = useMemo(() => chatOf(session), [session]);
  const hasLeft = useRef(false);
  useEffect(() => {
    const stop = chat.store.listen(() => {
      if (chat.store.state.line.is === "ended" && !hasLeft.current) onEnd(true);
    });
    chat.start();
    return () => {
      stop();
      chat.stop();
    };
  }, [chat]);

  async function logOut(): Promise<void> {
    hasLeft.current = true;
    chat.stop();
    chat.store.forget();
    await post("logout", "id", session.token).catch(() => {});
    onEnd(false);
  }
  return <ChatPage chat={chat} onLogOut={() => void logOut()} />;
}

/** A chat on the line to where this page came from. */
function chatOf({ token, user }: Session): Chat {
  const url = new URL("/live", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  url.hash = "";
  return new Chat(
    { token, user },
    {
      connect: (protocols) => new WebSocket(url, protocols),
      isOver: async () => (await post("whoami", "id", token).catch(() => null))?.error === "session-ended",
      post: (command) => post(command, document.documentElement.lang, token),
      now: () => Date.now(),
      random: () => Math.random(),
      newKey,
      keeper: sessionStorage,
    },
  );
}
