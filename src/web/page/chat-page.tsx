import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Chat } from "../chat/chat.ts";
import type { ChatState } from "../chat/chat-state.ts";
import { keyOf, unreadOf } from "../chat/conversations.ts";
import { Address, Avatar } from "./avatar.tsx";
import { Banner } from "./banner.tsx";
import { useSurroundings } from "./browser-api.ts";
import { List } from "./conversation-list.tsx";
import { Thread } from "./conversation-view.tsx";
import { Icon, Mark } from "./icons.tsx";
import { hrefOf, routeOf } from "./route.ts";
import { SettingsDialog } from "./settings-dialog.tsx";
import { StartDialog } from "./start-dialog.tsx";

/** The page of somebody who is logged in: the list, and beside it (on a phone in its place) one conversation. */
export function ChatPage({ chat, onLogOut }: { chat: Chat; onLogOut(): void }) {
  const { say } = useSurroundings();
  const state = useChatState(chat);
  const [dialog, setDialog] = useState<"start" | "settings" | null>(null);
  const drafts = useMemo(() => new Map<string, string>(), []);
  const lastOpen = useRef<string | null>(null);
  useRoute(chat);
  useNudges(chat);

  const unread = unreadOf(state.conversations);
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) Ranah` : "Ranah";
    return () => {
      document.title = "Ranah";
    };
  }, [unread]);

  function close(): void {
    lastOpen.current = state.open;
    location.hash = hrefOf(null);
    requestAnimationFrame(() =>
      document.querySelector<HTMLElement>(`[data-conversation="${lastOpen.current}"]`)?.focus(),
    );
  }

  return (
    <main class={`chat ${state.open ? "has-open" : ""}`}>
      <h1 class="unseen">Ranah</h1>
      {/* biome-ignore lint/a11y/useValidAnchor: it goes somewhere, and does not leave the conversation for it. */}
      <a class="skip" href="#content" onClick={toContent}>
        {say("to-content")}
      </a>
      <nav class="side" aria-label={say("conversations")}>
        <header class="bar">
          <Avatar address={chat.store.me} />
          <div class="bar-title">
            <p class="me">
              <Address of={chat.store.me} />
            </p>
          </div>
          <button
            type="button"
            class="quiet"
            aria-label={say("settings")}
            title={say("settings")}
            onClick={() => setDialog("settings")}
          >
            <Icon name="settings" />
          </button>
          <button
            type="button"
            class="primary round"
            aria-label={say("new")}
            title={say("new")}
            onClick={() => setDialog("start")}
          >
            <Icon name="new" />
          </button>
        </header>
        <List state={state} me={chat.store.me} />
      </nav>
      <div id="content" class="pane" tabIndex={-1}>
        <Banner line={state.line} onRetry={() => chat.nudge()} />
        {state.open ? (
          <Thread
            key={state.open}
            chat={chat}
            state={state}
            conversationKey={state.open}
            drafts={drafts}
            onClose={close}
          />
        ) : (
          <div class="middle welcome">
            <Mark />
            <h2>{say("choose-one")}</h2>
            <p class="hint">{say("choose-one-hint")}</p>
          </div>
        )}
      </div>
      <Heard state={state} />
      {dialog === "settings" && <SettingsDialog onClose={() => setDialog(null)} onLogOut={onLogOut} />}
      {dialog === "start" && (
        <StartDialog
          chat={chat}
          onClose={(key) => {
            setDialog(null);
            if (key) location.hash = hrefOf(key);
          }}
        />
      )}
    </main>
  );
}

/** Says new messages to those who hear the page. */
function Heard({ state: { heard } }: { state: ChatState }) {
  const { say } = useSurroundings();
  const text = heard && { name: heard.row.from, text: heard.row.text.slice(0, 200) };
  return (
    <div class="unseen" role="status" data-heard={heard && `${keyOf(heard.kind, heard.address)} ${heard.row.id}`}>
      {text && say("new-message-from", text)}
    </div>
  );
}

/** The skip link moves the focus, and leaves the address bar to the conversations. */
function toContent(event: Event): void {
  event.preventDefault();
  document.querySelector<HTMLElement>(".composer textarea, #content")?.focus();
}

function useChatState(chat: Chat): ChatState {
  const [state, setState] = useState(chat.store.state);
  useEffect(() => {
    setState(chat.store.state);
    return chat.store.listen(() => setState(chat.store.state));
  }, [chat]);
  return state;
}

/**
 * `popstate` comes while the address changes. `hashchange` comes a moment later, and until then the conversation that one
 * has left would stand there, and take what is written for the other.
 */
function useRoute(chat: Chat): void {
  useEffect(() => {
    const go = () => chat.show(routeOf(location.hash));
    go();
    addEventListener("popstate", go);
    return () => removeEventListener("popstate", go);
  }, [chat]);
}

/** A device that wakes up or finds a network does not wait for the pause to end. */
function useNudges(chat: Chat): void {
  useEffect(() => {
    const nudge = () => document.visibilityState === "visible" && chat.nudge();
    const flush = () => chat.reader.flush();
    addEventListener("online", nudge);
    addEventListener("pagehide", flush);
    document.addEventListener("visibilitychange", nudge);
    return () => {
      removeEventListener("online", nudge);
      removeEventListener("pagehide", flush);
      document.removeEventListener("visibilitychange", nudge);
    };
  }, [chat]);
}
