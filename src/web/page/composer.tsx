import { useEffect, useRef, useState } from "preact/hooks";
import { sendCommand } from "../chat/command-builder.ts";
import type { ConversationListItem } from "../chat/conversation-items.ts";
import { curlCommand } from "../chat/curl-command.ts";
import { CurlButton } from "./curl-button.tsx";
import { Icon } from "./icons.tsx";
import { onKeys } from "./keyboard.ts";
import { usePageContext } from "./page-context.ts";

interface ComposerProps {
  conversation: ConversationListItem;
  /** Text that the user has typed in this conversation before. */
  draft: string;
  onDraft(text: string): void;
  /** @returns false if the text is too long */
  onSend(text: string): boolean;
}

/** The form that sends a message. Enter sends, Shift+Enter inserts a line break. */
export function Composer({ conversation: { kind, address }, draft, onDraft, onSend }: ComposerProps) {
  const { t } = usePageContext();
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(draft);
  const [isTooLong, setTooLong] = useState(false);

  // On a touch screen the keyboard would cover the messages.
  useEffect(() => {
    if (matchMedia("(hover: hover)").matches) field.current?.focus();
  }, []);

  function change(value: string): void {
    setText(value);
    setTooLong(false);
    onDraft(value);
  }

  function send(event: Event): void {
    event.preventDefault();
    const trimmed = text.replace(/\s+$/, "");
    if (trimmed === "") return;
    if (onSend(trimmed)) change("");
    else setTooLong(true);
    field.current?.focus();
  }

  return (
    <form class="composer" onSubmit={send}>
      {isTooLong && (
        <p class="error" role="alert">
          {t("too-long")}
        </p>
      )}
      <div class="composer-row">
        <CurlButton
          action={t("send")}
          command={() =>
            curlCommand(location.origin, sendCommand(kind, address, text.trimEnd() || t("example-message")))
          }
        />
        <textarea
          ref={field}
          rows={1}
          value={text}
          placeholder={t("write")}
          aria-label={t("message-to", { name: address })}
          enterkeyhint="send"
          dir="auto"
          onInput={({ currentTarget }) => change(currentTarget.value)}
          onKeyDown={onKeys({ Enter: (event) => !event.shiftKey && send(event) })}
        />
        <button type="submit" class="primary round" aria-label={t("send")} disabled={text.trim() === ""}>
          <Icon name="send" />
        </button>
      </div>
    </form>
  );
}
