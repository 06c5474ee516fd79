import { Component } from "preact";
import type { PendingMessage } from "../chat/pending-messages.ts";
import { AddressLabel } from "./address-label.tsx";
import { Avatar } from "./avatar.tsx";
import { CurlButton } from "./curl-button.tsx";
import { cutText } from "./cut-text.ts";
import { DeliveryStateIcon } from "./delivery-state-icon.tsx";
import type { PageContext } from "./page-context.ts";
import { clockTime, fullTime } from "./time-format.ts";
import { errorReason } from "./ui-texts.ts";

/** A longer text is collapsed to this length, since the layout of very long texts is slow. */
const collapsedChars = 1_500;

export interface MessageBubbleProps {
  /** The id of a message, or the idempotency key of a pending one. */
  id: string;
  from: string;
  text: string;
  time: string;
  /** Null for a message of another sender. */
  state: PendingMessage["state"] | null;
  reason?: string | undefined;
  /** The server's error text. */
  sentence?: string | undefined;
  isOwn: boolean;
  isInGroup: boolean;
  /** The previous message has the same sender. */
  isContinuation: boolean;
  ownAddress: string;
  context: PageContext;
  /** The shell command that sends a text to this conversation. */
  curl(text: string): string;
  onRetry(id: string): void;
  onDiscard?: ((id: string) => void) | undefined;
}

/** Rendered again only if one of these changes, since a conversation has many bubbles. */
const changingProps = ["text", "time", "state", "reason", "isContinuation", "context", "onDiscard"] as const;

/** One message with its time and state. */
export class MessageBubble extends Component<MessageBubbleProps, { isExpanded: boolean }> {
  override state = { isExpanded: false };

  override shouldComponentUpdate(next: MessageBubbleProps, state: { isExpanded: boolean }): boolean {
    return state !== this.state || changingProps.some((name) => next[name] !== this.props[name]);
  }

  override render({ id, from, time, state, isOwn, isInGroup, isContinuation, ...props }: MessageBubbleProps) {
    const { t, settings } = props.context;
    const hasSender = isInGroup && !isOwn;
    const classes = ["message", isOwn ? "own" : "other"];
    if (isContinuation) classes.push("is-continuation");
    if (hasSender) classes.push("has-sender");
    return (
      <li class={classes.join(" ")} data-message={id}>
        {hasSender && (isContinuation ? <span class="avatar" aria-hidden="true" /> : <Avatar address={from} />)}
        <div class="bubble-row">
          <div class="bubble">
            {hasSender && !isContinuation ? (
              <p class="sender">
                <AddressLabel of={from} ownAddress={props.ownAddress} />
              </p>
            ) : (
              <span class="visually-hidden">{isOwn ? t("you") : from}: </span>
            )}
            {this.#renderText()}
            <p class="meta">
              <time dateTime={time} title={fullTime(time, settings.language)}>
                {clockTime(time, settings.language)}
              </time>
              {state && <DeliveryStateIcon state={state} />}
            </p>
          </div>
          {isOwn && <CurlButton action={t("send")} command={() => this.props.curl(this.props.text)} />}
        </div>
        {state === "queued" && <p class="delivery-note">{t("state-queued")}</p>}
        {state === "failed" && this.#renderFailure()}
      </li>
    );
  }

  #renderText() {
    const { text, context } = this.props;
    if (this.state.isExpanded || text.length <= collapsedChars * 1.2) {
      return (
        <p class="text" dir="auto">
          {text}
        </p>
      );
    }
    const size = `${Math.ceil(new TextEncoder().encode(text).length / 1024)} KB`;
    return (
      <>
        <p class="text" dir="auto">
          {cutText(text, collapsedChars)}…
        </p>
        <button type="button" class="link" onClick={() => this.setState({ isExpanded: true })}>
          {context.t("show-all", { size })}
        </button>
      </>
    );
  }

  #renderFailure() {
    const { id, context, reason, sentence, onRetry, onDiscard } = this.props;
    const { t, settings } = context;
    return (
      <p class="delivery-note is-failed">
        <span>{`${t("state-failed")}: ${errorReason(settings.language, reason, sentence)}`}</span>
        <button type="button" class="link" onClick={() => onRetry(id)}>
          {t("try-again")}
        </button>
        {onDiscard && (
          <button type="button" class="link" onClick={() => onDiscard(id)}>
            {t("discard")}
          </button>
        )}
      </p>
    );
  }
}
