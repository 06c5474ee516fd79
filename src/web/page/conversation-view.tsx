import { useMemo, useState } from "preact/hooks";
import { systemName } from "../../protocol/names.ts";
import type { ChatClient } from "../chat/chat-client.ts";
import type { ChatState } from "../chat/chat-store.ts";
import { historyCommand } from "../chat/command-builder.ts";
import { curlCommand } from "../chat/curl-command.ts";
import { pendingInConversation } from "../chat/pending-messages.ts";
import { AddressLabel } from "./address-label.tsx";
import { Avatar } from "./avatar.tsx";
import { Composer } from "./composer.tsx";
import { CurlButton } from "./curl-button.tsx";
import { Icon } from "./icons.tsx";
import { JoinPrompt } from "./join-prompt.tsx";
import { onKeys } from "./keyboard.ts";
import { MembersDialog } from "./members-dialog.tsx";
import { MessageList } from "./message-list.tsx";
import { usePageContext } from "./page-context.ts";
import { errorReason } from "./ui-texts.ts";

interface ConversationViewProps {
  client: ChatClient;
  state: ChatState;
  conversationKey: string;
  /** Unsent text by conversation key. */
  drafts: Map<string, string>;
  onClose(): void;
}

/** The open conversation: its header, its messages, and the composer. */
export function ConversationView({ client, state, conversationKey: key, drafts, onClose }: ConversationViewProps) {
  const context = usePageContext();
  const { t, settings } = context;
  const [isMembersOpen, setMembersOpen] = useState(false);
  const conversation = client.store.conversation(key);
  const { kind, address, role } = conversation;
  const loaded = state.windows.get(key);
  const pending = useMemo(
    () => pendingInConversation(state.pending, kind, address, loaded?.messages ?? []),
    [state.pending, kind, address, loaded],
  );
  const isSystem = address.split("@")[0] === systemName;
  const isInvited = role === "invited";
  const { loadError } = state;

  // Esc in a dialog closes only the dialog.
  const closeOnEscape = onKeys({
    Escape: ({ target }) => target instanceof Element && !target.closest("dialog") && onClose(),
  });

  return (
    <section class="conversation" aria-labelledby="conversation-title" onKeyDown={closeOnEscape}>
      <header class="toolbar">
        <button type="button" class="ghost back" aria-label={t("back")} onClick={onClose}>
          <Icon name="back" />
        </button>
        <Avatar address={address} isGroup={kind === "group"} />
        <div class="toolbar-title">
          <h2 id="conversation-title">
            <AddressLabel of={address} ownAddress={client.store.ownAddress} />
          </h2>
          <p>
            {t(isSystem ? "notices" : kind === "group" ? "group" : "person")}
            {role && ` · ${t(`role-${role}`)}`}
          </p>
        </div>
        <CurlButton
          action={t("read-action")}
          command={() => curlCommand(location.origin, historyCommand(kind, address, "last=50"))}
        />
        {kind === "group" && role && !isInvited && (
          <button
            type="button"
            class="ghost"
            aria-label={t("members")}
            title={t("members")}
            onClick={() => setMembersOpen(true)}
          >
            <Icon name="group" />
          </button>
        )}
      </header>
      <MessageList
        conversation={conversation}
        loaded={isInvited ? { messages: [], reachesStart: true, reachesEnd: true } : loaded}
        pending={pending}
        loadError={loadError && !isInvited ? errorReason(settings.language, loadError.error, loadError.data) : null}
        ownAddress={client.store.ownAddress}
        context={context}
        onLoadOlder={() => void client.history.loadOlder()}
        onLoadNewer={() => void client.history.loadNewer()}
        onLoadOldest={() => void client.history.loadOldest()}
        onLoadNewest={() => void client.history.loadNewest()}
        onSeen={() => client.readMarkers.markRead()}
        onResend={(text) => client.sender.send(key, text)}
        onRetry={(idempotencyKey) => client.sender.retry(idempotencyKey)}
        onDiscard={(idempotencyKey) => client.sender.discard(idempotencyKey)}
      />
      {kind === "group" && (role === null || isInvited) && (
        <JoinPrompt client={client} group={address} isInvited={isInvited} onDeclined={onClose} />
      )}
      {!isInvited && !isSystem && (
        <Composer
          conversation={conversation}
          draft={drafts.get(key) ?? ""}
          onDraft={(text) => drafts.set(key, text)}
          onSend={(text) => client.sender.send(key, text)}
        />
      )}
      {isMembersOpen && (
        <MembersDialog
          client={client}
          group={conversation}
          onClose={() => setMembersOpen(false)}
          onLeft={() => {
            setMembersOpen(false);
            onClose();
          }}
        />
      )}
    </section>
  );
}
