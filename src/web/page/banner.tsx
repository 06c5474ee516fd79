import type { ComponentChildren } from "preact";

interface BannerProps {
  /** Screen readers read it aloud when it changes. Null hides the banner. */
  text: string | null;
  action?: string;
  onAction?(): void;
  /** Changes often, so it is not read aloud. */
  children?: ComponentChildren;
}

/** A message over the conversation, with one action. The element stays when it is hidden, so that its next text is read aloud. */
export function Banner({ text, action, onAction, children }: BannerProps) {
  return (
    <div class={`banner ${text === null ? "is-hidden" : ""}`}>
      <span>
        <span role="status">{text}</span>
        {text !== null && children}
      </span>
      {text !== null && action && (
        <button type="button" class="ghost" onClick={onAction}>
          {action}
        </button>
      )}
    </div>
  );
}
