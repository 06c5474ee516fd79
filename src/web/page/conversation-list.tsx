import { Component } from "preact";
import { useMemo, useRef } from "preact/hooks";
import type { ChatState } from "../chat/chat-store.ts";
import { type ConversationListItem, sortedItems } from "../chat/conversation-items.ts";
import { conversationKey } from "../chat/conversation-key.ts";
import { AddressLabel } from "./address-label.tsx";
import { Avatar } from "./avatar.tsx";
import { cutText } from "./cut-text.ts";
import { DeliveryStateIcon } from "./delivery-state-icon.tsx";
import { conversationHref } from "./hash-route.ts";
import { onKeys } from "./keyboard.ts";
import { type PageContext, usePageContext } from "./page-context.ts";
import { listTime } from "./time-format.ts";

/** Links to the conversations. Arrow keys, Home and End move between them; Tab leaves the list. */
export function ConversationList({ state, ownAddress }: { state: ChatState; ownAddress: string }) {
  const context = usePageContext();
  const { t } = context;
  const list = useRef<HTMLUListElement>(null);
  const items = useMemo(() => sortedItems(state.conversations), [state.conversations]);
  const keys = items.map(({ kind, address }) => conversationKey(kind, address));
  const tabStop = state.openKey !== null && keys.includes(state.openKey) ? state.openKey : keys[0];

  /** @param next the index of the next link, by those of the focused and the last one */
  const moveFocus = (next: (focused: number, last: number) => number) => (event: KeyboardEvent) => {
    const links = [...(list.current?.querySelectorAll("a") ?? [])];
    const target =
      links[
        next(
          links.findIndex((link) => link.matches(":focus")),
          links.length - 1,
        )
      ];
    if (!target) return;
    event.preventDefault();
    target.focus();
  };
  const onKeyDown = onKeys({
    ArrowDown: moveFocus((focused) => focused + 1),
    ArrowUp: moveFocus((focused) => focused - 1),
    Home: moveFocus(() => 0),
    End: moveFocus((_, last) => last),
  });

  if (items.length === 0) {
    return (
      <div class="empty-list">
        <p>{t(state.isListLoaded ? "no-conversations" : "loading")}</p>
        {state.isListLoaded && <p class="hint">{t("no-conversations-hint")}</p>}
      </div>
    );
  }
  return (
    <ul class="conversation-list" ref={list} onKeyDown={onKeyDown}>
      {items.map((item, index) => (
        <ListItem
          key={keys[index]}
          item={item}
          isOpen={keys[index] === state.openKey}
          isTabStop={keys[index] === tabStop}
          ownAddress={ownAddress}
          context={context}
        />
      ))}
    </ul>
  );
}

interface ListItemProps {
  item: ConversationListItem;
  isOpen: boolean;
  isTabStop: boolean;
  ownAddress: string;
  context: PageContext;
}

/** Rendered again only if one of these changes, since an account may have a thousand conversations. */
const changingProps = ["item", "isOpen", "isTabStop", "context"] as const;

class ListItem extends Component<ListItemProps> {
  override shouldComponentUpdate(next: ListItemProps): boolean {
    return changingProps.some((name) => next[name] !== this.props[name]);
  }

  override render({ item, isOpen, isTabStop, ownAddress }: ListItemProps) {
    const key = conversationKey(item.kind, item.address);
    return (
      <li>
        <a
          href={conversationHref(key)}
          tabIndex={isTabStop ? 0 : -1}
          aria-current={isOpen ? "page" : undefined}
          data-conversation={key}
        >
          <ListItemContent item={item} ownAddress={ownAddress} />
        </a>
      </li>
    );
  }
}

const previewMaxChars = 120;

function ListItemContent({ item, ownAddress }: { item: ConversationListItem; ownAddress: string }) {
  const { kind, address, role, last, unread } = item;
  const { t, settings } = usePageContext();
  const isOwn = last?.from === ownAddress;
  const sender = kind === "group" && last && !isOwn ? `${last.from.split("@")[0]}: ` : "";
  return (
    <>
      <Avatar address={address} isGroup={kind === "group"} />
      <span class="list-item">
        <span class="list-item-top">
          <AddressLabel of={address} ownAddress={ownAddress} />
          {last && <time dateTime={last.time}>{listTime(last.time, settings.language, t, Date.now())}</time>}
        </span>
        <span class="list-item-bottom">
          <span class="preview">
            {role === "invited" ? (
              <span class="chip">{t("role-invited")}</span>
            ) : (
              last && (
                <>
                  {isOwn && <DeliveryStateIcon state={last.state ?? "delivered"} />}
                  <bdi>{sender + cutText(last.text, previewMaxChars)}</bdi>
                </>
              )
            )}
          </span>
          {unread > 0 && (
            <span class="badge">
              <span aria-hidden="true">{unread > 99 ? "99+" : unread}</span>
              <span class="visually-hidden">{t("unread", { count: unread })}</span>
            </span>
          )}
        </span>
      </span>
    </>
  );
}
