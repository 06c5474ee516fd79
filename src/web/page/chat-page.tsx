import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ChatClient } from "../chat/chat-client.ts";
import { totalUnread } from "../chat/conversation-items.ts";
import { AddressLabel } from "./address-label.tsx";
import { Announcements } from "./announcements.tsx";
import { Avatar } from "./avatar.tsx";
import { Banner } from "./banner.tsx";
import { useIsTabForgetful } from "./browser-storage.ts";
import { ConnectionBanner } from "./connection-banner.tsx";
import { ConversationList } from "./conversation-list.tsx";
import { ConversationView } from "./conversation-view.tsx";
import { conversationHref, conversationKeyFromHash } from "./hash-route.ts";
import { Icon, Logo } from "./icons.tsx";
import { NewConversationDialog } from "./new-conversation-dialog.tsx";
import { usePageContext } from "./page-context.ts";
import { SettingsDialog } from "./settings-dialog.tsx";
import { useBrowserEvents } from "./use-browser-events.ts";
import { useChatState } from "./use-chat-state.ts";

/** The conversation list beside the open conversation; on a phone one of the two. */
export function ChatPage({ client, onLogOut }: { client: ChatClient; onLogOut(): void }) {
  const { t } = usePageContext();
  const state = useChatState(client);
  const [dialog, setDialog] = useState<"new-conversation" | "settings" | null>(null);
  const drafts = useMemo(() => new Map<string, string>(), []);
  const lastOpenKey = useRef<string | null>(null);
  useHashRoute(client);
  useBrowserEvents(client);
  const isTabForgetful = useIsTabForgetful();

  const unread = totalUnread(state.conversations);
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) Ranah` : "Ranah";
    return () => {
      document.title = "Ranah";
    };
  }, [unread]);

  function closeConversation(): void {
    lastOpenKey.current = state.openKey;
    location.hash = conversationHref(null);
    requestAnimationFrame(() =>
      document.querySelector<HTMLElement>(`[data-conversation="${lastOpenKey.current}"]`)?.focus(),
    );
  }

  return (
    <main class={`chat ${state.openKey ? "has-open-conversation" : ""}`}>
      <h1 class="visually-hidden">Ranah</h1>
      {/* biome-ignore lint/a11y/useValidAnchor: the link moves the focus; the address bar keeps the conversation. */}
      <a class="skip-link" href="#content" onClick={focusContent}>
        {t("to-content")}
      </a>
      <div class="banners">
        <ConnectionBanner connection={state.connection} onRetry={() => client.reconnectNow()} />
        <Banner text={isTabForgetful ? t("tab-forgets") : null} />
      </div>
      <nav class="sidebar" aria-label={t("conversations")}>
        <header class="toolbar">
          <Avatar address={client.store.ownAddress} />
          <div class="toolbar-title">
            <p class="own-address">
              <AddressLabel of={client.store.ownAddress} />
            </p>
          </div>
          <button
            type="button"
            class="ghost"
            aria-label={t("settings")}
            title={t("settings")}
            onClick={() => setDialog("settings")}
          >
            <Icon name="settings" />
          </button>
          <button
            type="button"
            class="primary round"
            aria-label={t("new")}
            title={t("new")}
            onClick={() => setDialog("new-conversation")}
          >
            <Icon name="new" />
          </button>
        </header>
        <ConversationList state={state} ownAddress={client.store.ownAddress} />
      </nav>
      <div id="content" class="conversation-pane" tabIndex={-1}>
        {state.openKey ? (
          <ConversationView
            key={state.openKey}
            client={client}
            state={state}
            conversationKey={state.openKey}
            drafts={drafts}
            onClose={closeConversation}
          />
        ) : (
          <div class="centered welcome">
            <Logo />
            <h2>{t("choose-one")}</h2>
            <p class="hint">{t("choose-one-hint")}</p>
          </div>
        )}
      </div>
      <Announcements state={state} />
      {dialog === "settings" && <SettingsDialog onClose={() => setDialog(null)} onLogOut={onLogOut} />}
      {dialog === "new-conversation" && (
        <NewConversationDialog
          client={client}
          onClose={(key) => {
            setDialog(null);
            if (key) location.hash = conversationHref(key);
          }}
        />
      )}
    </main>
  );
}

/** The default action would replace the conversation in the address bar. */
function focusContent(event: Event): void {
  event.preventDefault();
  document.querySelector<HTMLElement>(".composer textarea, #content")?.focus();
}

/**
 * Uses `popstate`, which fires while the address changes. `hashchange` fires later; until then the page would show the
 * previous conversation, and send text that is meant for the new one to it.
 */
function useHashRoute(client: ChatClient): void {
  useEffect(() => {
    const openRoute = () => client.openConversation(conversationKeyFromHash(location.hash));
    openRoute();
    addEventListener("popstate", openRoute);
    return () => removeEventListener("popstate", openRoute);
  }, [client]);
}
