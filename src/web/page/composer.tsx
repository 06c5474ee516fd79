import { useEffect, useRef, useState } from "preact/hooks";
import { sendCommand } from "../chat/command.ts";
import type { Conversation } from "../chat/conversations.ts";
import { curlLine } from "../chat/curl-command.ts";
import { useSurroundings } from "./browser-api.ts";
import { CurlButton } from "./curl-button.tsx";
import { Icon } from "./icons.tsx";

interface Props {
  conversation: Conversation;
  /** What was begun here before. */
  draft: string;
  onDraft(text: string): void;
  /** @returns whether it is short enough */
  onSend(text: string): boolean;
}

/** Where a message is written. Enter sends, Shift+Enter begins a line. */
export function Composer({ conversation: { kind, address }, draft, onDraft, onSend }: Props) {
  const { say } = useSurroundings();
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(draft);
  const [isTooLong, setTooLong] = useState(false);

  // On a touch screen the keyboard would cover what one came to read.
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
    // Line ends that nobody sees are no part of what was meant.
    const meant = text.replace(/\s+$/, "");
    if (meant === "") return;
    if (onSend(meant)) change("");
    else setTooLong(true);
    field.current?.focus();
  }

  return (
    <form class="composer" onSubmit={send}>
      {isTooLong && (
        <p class="problem" role="alert">
          {say("too-long")}
        </p>
      )}
      <div class="composer-row">
        <CurlButton
          action={say("send")}
          line={() => curlLine(location.origin, sendCommand(kind, address, text.trimEnd() || say("example-message")))}
        />
        <textarea
          ref={field}
          rows={1}
          value={text}
          placeholder={say("write")}
          aria-label={say("message-to", { name: address })}
          enterkeyhint="send"
          dir="auto"
          onInput={({ currentTarget }) => change(currentTarget.value)}
          onKeyDown={(event) => {
            // While a word is being composed, Enter chooses it.
            if (event.key === "Enter" && !event.shiftKey && !event.isComposing) send(event);
          }}
        />
        <button type="submit" class="primary round" aria-label={say("send")} disabled={text.trim() === ""}>
          <Icon name="send" />
        </button>
      </div>
    </form>
  );
}
