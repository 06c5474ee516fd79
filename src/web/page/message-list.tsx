import { Component, createRef, type VNode } from "preact";
import { sendCommand } from "../chat/command.ts";
import type { Conversation } from "../chat/conversations.ts";
import { curlLine } from "../chat/curl-command.ts";
import type { Stretch } from "../chat/message-window.ts";
import type { Letter } from "../chat/outbox.ts";
import type { Row } from "../chat/reply-parser.ts";
import type { PageSurroundings } from "./browser-api.ts";
import { Bubble, type BubbleProps } from "./bubble.tsx";
import { Icon } from "./icons.tsx";
import { dayName, isSameDay } from "./time-format.ts";

interface Props {
  conversation: Conversation;
  stretch: Stretch | undefined;
  letters: readonly Letter[];
  /** Why there are none. */
  refusal: string | null;
  me: string;
  around: PageSurroundings;
  onOlder(): void;
  onNewer(): void;
  onOldest(): void;
  onNewest(): void;
  onSeen(): void;
  onResend(text: string): void;
  onRetry(key: string): void;
  onDiscard(key: string): void;
}

interface Anchor {
  element: Element | null;
  top: number;
}

/** Closer to an end than this many screens, what lies beyond is read. */
const screensAhead = 1.5;
/** So close to the end counts as at the end. */
const nearPx = 48;
/** Messages of one sender within this time stand together. */
const togetherMs = 5 * 60 * 1000;

/**
 * The messages of a conversation. Only a stretch of them is on the page; it moves along as one scrolls. Where rows are put
 * before the visible ones or taken away there, what one is reading stays where it is on the screen.
 */
export class Messages extends Component<Props, { isAtEnd: boolean }> {
  override state = { isAtEnd: true };
  readonly #scroller = createRef<HTMLDivElement>();
  readonly #list = createRef<HTMLOListElement>();
  /** Whether the newest message is in sight and new ones shall come into sight too. */
  #isPinned = true;
  readonly #sizes = new ResizeObserver(() => this.#isPinned && this.#toEnd());

  /** The end was asked for and is not there yet. */
  #goesToEnd = false;

  override shouldComponentUpdate(next: Props, state: { isAtEnd: boolean }): boolean {
    return (
      state.isAtEnd !== this.state.isAtEnd ||
      (["stretch", "letters", "refusal", "around"] as const).some((name) => next[name] !== this.props[name]) ||
      next.conversation.role !== this.props.conversation.role
    );
  }

  override componentDidMount(): void {
    for (const ref of [this.#scroller, this.#list]) if (ref.current) this.#sizes.observe(ref.current);
    document.addEventListener("visibilitychange", this.#look);
    window.addEventListener("focus", this.#look);
    this.#toEnd();
    this.#look();
  }

  override componentWillUnmount(): void {
    this.#sizes.disconnect();
    document.removeEventListener("visibilitychange", this.#look);
    window.removeEventListener("focus", this.#look);
  }

  override getSnapshotBeforeUpdate(): Anchor {
    const top = this.#scroller.current?.getBoundingClientRect().top ?? 0;
    for (const element of this.#list.current?.querySelectorAll("[data-row]") ?? []) {
      const box = element.getBoundingClientRect();
      if (box.bottom > top) return { element, top: box.top };
    }
    return { element: null, top: 0 };
  }

  override componentDidUpdate(before: Props, _: unknown, anchor: Anchor): void {
    const scroller = this.#scroller.current;
    if (!scroller) return;
    const wrote = this.props.letters.length > before.letters.length;
    const hasEnd = this.props.stretch?.reachesEnd === true;
    // What one writes stands at the end, which may be far from here.
    if (wrote && !hasEnd) this.#newest();
    if (this.#goesToEnd && hasEnd) {
      this.#goesToEnd = false;
      this.#isPinned = true;
    }
    if (this.#isPinned || wrote || (!before.stretch && this.props.stretch)) this.#toEnd();
    else if (anchor.element?.isConnected) scroller.scrollTop += anchor.element.getBoundingClientRect().top - anchor.top;
    this.#look();
  }

  #toEnd(): void {
    const scroller = this.#scroller.current;
    if (!scroller) return;
    this.#isPinned = true;
    scroller.scrollTop = scroller.scrollHeight;
  }

  /** Looks where one is: near an end more is read, and what is in sight has been seen. */
  readonly #look = (): void => {
    const scroller = this.#scroller.current;
    const { stretch, onOlder, onNewer, onSeen } = this.props;
    if (!scroller || !stretch) return;
    const { scrollTop, scrollHeight, clientHeight } = scroller;
    const below = scrollHeight - scrollTop - clientHeight;
    this.#isPinned = stretch.reachesEnd && below < nearPx;
    if (this.#isPinned !== this.state.isAtEnd) this.setState({ isAtEnd: this.#isPinned });
    if (!stretch.reachesStart && scrollTop < clientHeight * screensAhead) onOlder();
    if (!stretch.reachesEnd && below < clientHeight * screensAhead) onNewer();
    if (this.#isPinned && document.visibilityState === "visible" && document.hasFocus()) onSeen();
  };

  readonly #keys = (event: KeyboardEvent): void => {
    if (event.key === "Home") this.props.onOldest();
    else if (event.key === "End") this.#newest();
    else return;
    event.preventDefault();
    if (event.key === "Home") {
      this.#isPinned = false;
      this.#scroller.current?.scrollTo(0, 0);
    }
  };

  readonly #newest = (): void => {
    this.#goesToEnd = !this.props.stretch?.reachesEnd;
    if (this.#goesToEnd) this.props.onNewest();
    this.#toEnd();
  };

  readonly #curl = (text: string): string => {
    const { kind, address } = this.props.conversation;
    return curlLine(location.origin, sendCommand(kind, address, text));
  };

  override render({ stretch, letters, refusal, conversation, around }: Props, { isAtEnd }: { isAtEnd: boolean }) {
    const { say } = around;
    const isEmpty = stretch?.rows.length === 0 && letters.length === 0 && conversation.role !== "invited";
    return (
      <div class="messages">
        <div
          class="scroller"
          ref={this.#scroller}
          role="log"
          aria-live="off"
          aria-label={say("messages-with", { name: conversation.address })}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse scrolls with the keys.
          tabIndex={0}
          onScroll={this.#look}
          onKeyDown={this.#keys}
        >
          {!stretch && <p class="middle hint">{refusal ?? say("loading")}</p>}
          {isEmpty && <p class="middle hint">{say("first-message")}</p>}
          <ol ref={this.#list}>
            {stretch && !isEmpty && <li class="edge">{say(stretch.reachesStart ? "beginning" : "loading")}</li>}
            {stretch?.rows.flatMap((row, index) => this.#row(row, stretch.rows[index - 1]))}
            {stretch?.reachesEnd !== false && letters.map((letter) => this.#letter(letter))}
          </ol>
        </div>
        {!isAtEnd && (
          <button type="button" class="to-newest" onClick={this.#newest}>
            <Icon name="down" />
            <span>{say("to-newest")}</span>
          </button>
        )}
      </div>
    );
  }

  #row(row: Row, before: Row | undefined): VNode[] {
    const { me, around, onResend } = this.props;
    const isNewDay = !before || !isSameDay(before.time, row.time);
    const isMine = row.from === me;
    const follows =
      !isNewDay && before.from === row.from && Date.parse(row.time) - Date.parse(before.time) < togetherMs;
    const day = (
      <li class="day" key={`day ${row.id}`}>
        <span>{dayName(row.time, around.settings.language, around.say, Date.now())}</span>
      </li>
    );
    const bubble = (
      <Bubble
        {...this.#common()}
        key={row.id}
        id={String(row.id)}
        from={row.from}
        text={row.text}
        time={row.time}
        state={isMine ? (row.state ?? "delivered") : null}
        reason={row.reason}
        isMine={isMine}
        follows={follows}
        onRetry={() => onResend(row.text)}
      />
    );
    return isNewDay ? [day, bubble] : [bubble];
  }

  #letter({ key, text, written, state, reason, sentence }: Letter) {
    const { me, onRetry, onDiscard } = this.props;
    return (
      <Bubble
        {...this.#common()}
        key={`letter ${key}`}
        id={key}
        from={me}
        text={text}
        time={written}
        state={state}
        reason={reason}
        sentence={sentence}
        isMine
        follows
        onRetry={onRetry}
        onDiscard={onDiscard}
      />
    );
  }

  #common(): Pick<BubbleProps, "me" | "around" | "isInGroup" | "curl"> {
    const { me, around, conversation } = this.props;
    return { me, around, isInGroup: conversation.kind === "group", curl: this.#curl };
  }
}
