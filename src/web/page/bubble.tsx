import { Component } from "preact";
import type { Letter } from "../chat/outbox.ts";
import { Address, Avatar } from "./avatar.tsx";
import type { PageSurroundings } from "./browser-api.ts";
import { CurlButton } from "./curl-button.tsx";
import { StateIcon } from "./state-icon.tsx";
import { clockTime, fullTime } from "./time-format.ts";
import { reasonIn } from "./ui-texts.ts";

/** A text longer than this is folded: laying out the longest ones would be felt. */
const foldedChars = 1_500;

export interface BubbleProps {
  id: string;
  from: string;
  text: string;
  time: string;
  /** Of own messages. */
  state: Letter["state"] | null;
  reason?: string | undefined;
  sentence?: string | undefined;
  isMine: boolean;
  isInGroup: boolean;
  /** It follows a message of the same sender. */
  follows: boolean;
  me: string;
  around: PageSurroundings;
  curl(text: string): string;
  onRetry(id: string): void;
  onDiscard?: ((id: string) => void) | undefined;
}

/** One message. It is drawn again only where something about it has changed: a long conversation has many. */
export class Bubble extends Component<BubbleProps, { isUnfolded: boolean }> {
  override state = { isUnfolded: false };

  override shouldComponentUpdate(next: BubbleProps, state: { isUnfolded: boolean }): boolean {
    return (
      state !== this.state ||
      (["text", "time", "state", "reason", "follows", "around", "onDiscard"] as const).some(
        (name) => next[name] !== this.props[name],
      )
    );
  }

  override render({ id, from, time, state, isMine, isInGroup, follows, me, around, onRetry, onDiscard }: BubbleProps) {
    const { say, settings } = around;
    const named = isInGroup && !isMine;
    return (
      <li
        class={`row ${isMine ? "mine" : "theirs"} ${follows ? "follows" : ""} ${named ? "is-named" : ""}`}
        data-row={id}
      >
        {named && (follows ? <span class="avatar" aria-hidden="true" /> : <Avatar address={from} />)}
        <div class="bubble-line">
          <div class="bubble">
            {named && !follows ? (
              <p class="sender">
                <Address of={from} me={me} />
              </p>
            ) : (
              <span class="unseen">{isMine ? say("you") : from}: </span>
            )}
            {this.#text()}
            <p class="meta">
              <time dateTime={time} title={fullTime(time, settings.language)}>
                {clockTime(time, settings.language)}
              </time>
              {state && <StateIcon state={state} />}
            </p>
          </div>
          {isMine && <CurlButton action={say("send")} line={() => this.props.curl(this.props.text)} />}
        </div>
        {state === "queued" && <p class="fate">{say("state-queued")}</p>}
        {state === "failed" && (
          <p class="fate is-failed">
            <span>{this.#reason()}</span>
            <button type="button" class="link" onClick={() => onRetry(id)}>
              {say("try-again")}
            </button>
            {onDiscard && (
              <button type="button" class="link" onClick={() => onDiscard(id)}>
                {say("discard")}
              </button>
            )}
          </p>
        )}
      </li>
    );
  }

  #text() {
    const { text, around } = this.props;
    if (this.state.isUnfolded || text.length <= foldedChars * 1.2) {
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
          {beginningOf(text)}…
        </p>
        <button type="button" class="link" onClick={() => this.setState({ isUnfolded: true })}>
          {around.say("show-all", { size })}
        </button>
      </>
    );
  }

  #reason(): string {
    const { around, reason, sentence } = this.props;
    return `${around.say("state-failed")}: ${reasonIn(around.settings.language, reason, sentence)}`;
  }
}

/** The first characters, none of them cut in half. */
function beginningOf(text: string): string {
  const isHalf = /[\ud800-\udbff]/.test(text.charAt(foldedChars - 1));
  return text.slice(0, isHalf ? foldedChars - 1 : foldedChars);
}
