import type { ChatState } from "../chat/chat-store.ts";
import { conversationKey } from "../chat/conversation-key.ts";
import { cutText } from "./cut-text.ts";
import { usePageContext } from "./page-context.ts";
import { errorReason } from "./ui-texts.ts";

const announcedMaxChars = 200;

/** Screen readers read these elements aloud whenever their content changes. */
export function Announcements({ state }: { state: ChatState }) {
  return (
    <>
      <NewMessageAnnouncement state={state} />
      <FailureAnnouncement state={state} />
    </>
  );
}

function NewMessageAnnouncement({ state: { announced } }: { state: ChatState }) {
  const { t } = usePageContext();
  if (!announced) return <div class="visually-hidden" role="status" />;
  const { kind, address, message } = announced;
  return (
    <div class="visually-hidden" role="status" data-announced={`${conversationKey(kind, address)} ${message.id}`}>
      {t("new-message-from", { name: message.from, text: cutText(message.text, announcedMaxChars) })}
    </div>
  );
}

function FailureAnnouncement({ state: { failed } }: { state: ChatState }) {
  const { t, settings } = usePageContext();
  return (
    <div class="visually-hidden" role="alert" data-failed={failed?.to}>
      {failed && (
        // A new element is read aloud also if its text is that of the last one.
        <p key={failed.id}>
          {t("message-failed", {
            name: failed.to,
            reason: errorReason(settings.language, failed.reason, failed.sentence),
          })}
        </p>
      )}
    </div>
  );
}
