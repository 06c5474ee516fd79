import { Component, createRef, type VNode } from "preact";
import type { ThreadMessage } from "../../protocol/replies.ts";
import { sendCommand } from "../chat/command-builder.ts";
import type { ConversationListItem } from "../chat/conversation-items.ts";
import { curlCommand } from "../chat/curl-command.ts";
import type { MessageWindow } from "../chat/message-window.ts";
import type { PendingMessage } from "../chat/pending-messages.ts";
import { Icon } from "./icons.tsx";
import { onKeys } from "./keyboard.ts";
import { MessageBubble, type MessageBubbleProps } from "./message-bubble.tsx";
import type { PageContext } from "./page-context.ts";
import { dayName, isSameDay } from "./time-format.ts";

interface MessageListProps {
  conversation: ConversationListItem;
  loaded: MessageWindow | undefined;
  pending: readonly PendingMessage[];
  /** Why the messages cannot be loaded. */
  loadError: string | null;
  ownAddress: string;
  context: PageContext;
  onLoadOlder(): void;
  onLoadNewer(): void;
  onLoadOldest(): void;
  onLoadNewest(): void;
  /** The user sees the newest message. */
  onSeen(): void;
  onResend(text: string): void;
  onRetry(idempotencyKey: string): void;
  onDiscard(idempotencyKey: string): void;
}

/** The list is rendered again only if one of these changes. */
const changingProps = ["loaded", "pending", "loadError", "context"] as const;

/** The first visible message and its place on the screen, taken before an update. */
interface ScrollAnchor {
  element: Element | null;
  top: number;
}

/** More messages are loaded if fewer screens than this are left before an end of the window. */
const preloadScreens = 1.5;
/** A scroll position this close to the end counts as the end. */
const endTolerancePx = 48;
/** Messages of one sender within this time are shown as one block. */
const blockMs = 5 * 60 * 1000;

/**
 * The scrollable messages of a conversation. Only the messages of the window are elements of the page. When messages are
 * added or dropped above the visible ones, the visible ones stay where they are on the screen.
 */
export class MessageList extends Component<MessageListProps, { isAtEnd: boolean }> {
  override state = { isAtEnd: true };
  readonly #scroller = createRef<HTMLDivElement>();
  readonly #list = createRef<HTMLOListElement>();
  /** The newest message is visible, and the list scrolls to each new one. */
  #isPinned = true;
  readonly #resizes = new ResizeObserver(() => this.#isPinned && this.#scrollToEnd());
  /** The user wants to see the end, and it is not loaded yet. */
  #isEndWanted = false;

  override shouldComponentUpdate(next: MessageListProps, state: { isAtEnd: boolean }): boolean {
    return (
      state.isAtEnd !== this.state.isAtEnd ||
      changingProps.some((name) => next[name] !== this.props[name]) ||
      next.conversation.role !== this.props.conversation.role
    );
  }

  override componentDidMount(): void {
    for (const ref of [this.#scroller, this.#list]) if (ref.current) this.#resizes.observe(ref.current);
    document.addEventListener("visibilitychange", this.#checkPosition);
    window.addEventListener("focus", this.#checkPosition);
    this.#scrollToEnd();
    this.#checkPosition();
  }

  override componentWillUnmount(): void {
    this.#resizes.disconnect();
    document.removeEventListener("visibilitychange", this.#checkPosition);
    window.removeEventListener("focus", this.#checkPosition);
  }

  override getSnapshotBeforeUpdate(): ScrollAnchor {
    // A list that follows its end needs none, and has many messages before the first visible one.
    if (this.#isPinned) return { element: null, top: 0 };
    const top = this.#scroller.current?.getBoundingClientRect().top ?? 0;
    for (const element of this.#list.current?.querySelectorAll("[data-message]") ?? []) {
      const box = element.getBoundingClientRect();
      if (box.bottom > top) return { element, top: box.top };
    }
    return { element: null, top: 0 };
  }

  override componentDidUpdate(before: MessageListProps, _: unknown, anchor: ScrollAnchor): void {
    const scroller = this.#scroller.current;
    if (!scroller) return;
    const hasWritten = this.props.pending.length > before.pending.length;
    const isEndLoaded = this.props.loaded?.reachesEnd === true;
    // A written message stands at the end, which may be far from the scroll position.
    if (hasWritten && !isEndLoaded) this.#goToNewest();
    if (this.#isEndWanted && isEndLoaded) {
      this.#isEndWanted = false;
      this.#isPinned = true;
    }
    if (this.#isPinned || hasWritten || (!before.loaded && this.props.loaded)) this.#scrollToEnd();
    else if (anchor.element?.isConnected) scroller.scrollTop += anchor.element.getBoundingClientRect().top - anchor.top;
    this.#checkPosition();
  }

  #scrollToEnd(): void {
    const scroller = this.#scroller.current;
    if (!scroller) return;
    this.#isPinned = true;
    scroller.scrollTop = scroller.scrollHeight;
  }

  /** Loads more messages near an end of the window, and reports that the newest message is visible. */
  readonly #checkPosition = (): void => {
    const scroller = this.#scroller.current;
    const { loaded, onLoadOlder, onLoadNewer, onSeen } = this.props;
    if (!scroller || !loaded) return;
    const { scrollTop, scrollHeight, clientHeight } = scroller;
    const below = scrollHeight - scrollTop - clientHeight;
    this.#isPinned = loaded.reachesEnd && below < endTolerancePx;
    if (this.#isPinned !== this.state.isAtEnd) this.setState({ isAtEnd: this.#isPinned });
    if (!loaded.reachesStart && scrollTop < clientHeight * preloadScreens) onLoadOlder();
    if (!loaded.reachesEnd && below < clientHeight * preloadScreens) onLoadNewer();
    if (this.#isPinned && document.visibilityState === "visible" && document.hasFocus()) onSeen();
  };

  readonly #onKeyDown = onKeys({
    Home: (event) => {
      event.preventDefault();
      this.props.onLoadOldest();
      this.#isPinned = false;
      this.#scroller.current?.scrollTo(0, 0);
    },
    End: (event) => {
      event.preventDefault();
      this.#goToNewest();
    },
  });

  readonly #goToNewest = (): void => {
    this.#isEndWanted = !this.props.loaded?.reachesEnd;
    if (this.#isEndWanted) this.props.onLoadNewest();
    this.#scrollToEnd();
  };

  readonly #curl = (text: string): string => {
    const { kind, address } = this.props.conversation;
    return curlCommand(location.origin, sendCommand(kind, address, text));
  };

  override render(props: MessageListProps, { isAtEnd }: { isAtEnd: boolean }) {
    const { loaded, pending, loadError, conversation, context } = props;
    const { t } = context;
    const isEmpty = loaded?.messages.length === 0 && pending.length === 0 && conversation.role !== "invited";
    return (
      <div class="messages">
        <div
          class="scroller"
          ref={this.#scroller}
          role="log"
          aria-live="off"
          aria-label={t("messages-with", { name: conversation.address })}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: keyboard users need the focus here to scroll.
          tabIndex={0}
          onScroll={this.#checkPosition}
          onKeyDown={this.#onKeyDown}
        >
          {!loaded && <p class="centered hint">{loadError ?? t("loading")}</p>}
          {isEmpty && <p class="centered hint">{t("first-message")}</p>}
          <ol ref={this.#list}>
            {loaded && !isEmpty && <li class="history-edge">{t(loaded.reachesStart ? "beginning" : "loading")}</li>}
            {loaded?.messages.flatMap((message, index) => this.#renderMessage(message, loaded.messages[index - 1]))}
            {loaded?.reachesEnd !== false && pending.map((message) => this.#renderPending(message))}
          </ol>
        </div>
        {!isAtEnd && (
          <button type="button" class="to-newest" onClick={this.#goToNewest}>
            <Icon name="down" />
            <span>{t("to-newest")}</span>
          </button>
        )}
      </div>
    );
  }

  #renderMessage(message: ThreadMessage, previous: ThreadMessage | undefined): VNode[] {
    const { ownAddress, context, onResend } = this.props;
    const { id, from, text, time, state, reason } = message;
    const isNewDay = !previous || !isSameDay(previous.time, time);
    const isOwn = from === ownAddress;
    const isContinuation =
      !isNewDay && previous.from === from && Date.parse(time) - Date.parse(previous.time) < blockMs;
    const daySeparator = (
      <li class="day" key={`day ${id}`}>
        <span>{dayName(time, context.settings.language, context.t, Date.now())}</span>
      </li>
    );
    const bubble = (
      <MessageBubble
        {...this.#commonProps()}
        key={id}
        id={String(id)}
        from={from}
        text={text}
        time={time}
        state={isOwn ? (state ?? "delivered") : null}
        reason={reason}
        isOwn={isOwn}
        isContinuation={isContinuation}
        onRetry={() => onResend(text)}
      />
    );
    return isNewDay ? [daySeparator, bubble] : [bubble];
  }

  #renderPending({ key, text, written, state, reason, sentence }: PendingMessage) {
    const { ownAddress, onRetry, onDiscard } = this.props;
    return (
      <MessageBubble
        {...this.#commonProps()}
        key={`pending ${key}`}
        id={key}
        from={ownAddress}
        text={text}
        time={written}
        state={state}
        reason={reason}
        sentence={sentence}
        isOwn
        isContinuation
        onRetry={onRetry}
        onDiscard={onDiscard}
      />
    );
  }

  #commonProps(): Pick<MessageBubbleProps, "ownAddress" | "context" | "isInGroup" | "curl"> {
    const { ownAddress, context, conversation } = this.props;
    return { ownAddress, context, isInGroup: conversation.kind === "group", curl: this.#curl };
  }
}
