import { useMemo, useState } from "preact/hooks";
import { systemName } from "../../protocol/names.ts";
import type { Chat } from "../chat/chat.ts";
import type { ChatState } from "../chat/chat-state.ts";
import { readCommand } from "../chat/command.ts";
import { keyOf } from "../chat/conversations.ts";
import { curlLine } from "../chat/curl-command.ts";
import { lettersOf } from "../chat/outbox.ts";
import { Address, Avatar } from "./avatar.tsx";
import { useSurroundings } from "./browser-api.ts";
import { Composer } from "./composer.tsx";
import { CurlButton } from "./curl-button.tsx";
import { Icon } from "./icons.tsx";
import { Invitation } from "./invitation.tsx";
import { MembersDialog } from "./members-dialog.tsx";
import { Messages } from "./message-list.tsx";
import { reasonIn } from "./ui-texts.ts";

interface Props {
  chat: Chat;
  state: ChatState;
  conversationKey: string;
  drafts: Map<string, string>;
  onClose(): void;
}

/** One conversation: who it is with, its messages, and where one writes. */
export function Thread({ chat, state, conversationKey: key, drafts, onClose }: Props) {
  const around = useSurroundings();
  const { say, settings } = around;
  const [isMembersOpen, setMembersOpen] = useState(false);
  const conversation = chat.store.conversation(key);
  const { kind, address, role } = conversation;
  const stretch = state.stretches.get(key);
  const letters = useMemo(
    () => lettersOf(state.outbox, kind, address, stretch?.rows ?? []),
    [state.outbox, kind, address, stretch],
  );
  const isNotices = address.split("@")[0] === systemName;
  const isInvited = role === "invited";
  const { refusal } = state;

  // Esc in a dialog closes the dialog.
  const closes = ({ key: pressed, target }: KeyboardEvent) =>
    pressed === "Escape" && !(target as Element).closest("dialog") && onClose();

  return (
    <section class="thread" aria-labelledby="thread-title" onKeyDown={closes}>
      <header class="bar">
        <button type="button" class="quiet back" aria-label={say("back")} onClick={onClose}>
          <Icon name="back" />
        </button>
        <Avatar address={address} isGroup={kind === "group"} />
        <div class="bar-title">
          <h2 id="thread-title">
            <Address of={address} me={chat.store.me} />
          </h2>
          <p>
            {say(isNotices ? "notices" : kind === "group" ? "group" : "person")}
            {role && ` · ${say(`role-${role}`)}`}
          </p>
        </div>
        <CurlButton
          action={say("read-action")}
          line={() => curlLine(location.origin, readCommand(kind, address, "last=50"))}
        />
        {kind === "group" && role && !isInvited && (
          <button
            type="button"
            class="quiet"
            aria-label={say("members")}
            title={say("members")}
            onClick={() => setMembersOpen(true)}
          >
            <Icon name="group" />
          </button>
        )}
      </header>
      <Messages
        conversation={conversation}
        stretch={isInvited ? { rows: [], reachesStart: true, reachesEnd: true } : stretch}
        letters={letters}
        refusal={refusal && !isInvited ? reasonIn(settings.language, refusal.error, refusal.data) : null}
        me={chat.store.me}
        around={around}
        onOlder={() => void chat.reader.older()}
        onNewer={() => void chat.reader.newer()}
        onOldest={() => void chat.reader.toOldest()}
        onNewest={() => void chat.reader.toNewest()}
        onSeen={() => chat.reader.seen()}
        onResend={(text) => chat.postman.write(key, text)}
        onRetry={(letter) => chat.postman.retry(letter)}
        onDiscard={(letter) => chat.postman.discard(letter)}
      />
      {kind === "group" && (role === null || isInvited) && (
        <Invitation chat={chat} group={address} isInvited={isInvited} onDeclined={onClose} />
      )}
      {!isInvited && !isNotices && (
        <Composer
          conversation={conversation}
          draft={drafts.get(key) ?? ""}
          onDraft={(text) => drafts.set(key, text)}
          onSend={(text) => chat.postman.write(keyOf(kind, address), text)}
        />
      )}
      {isMembersOpen && (
        <MembersDialog
          chat={chat}
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
