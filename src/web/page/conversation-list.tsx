import { useRef } from "preact/hooks";
import type { ChatState } from "../chat/chat-store.ts";
import { type ConversationListItem, sortedItems } from "../chat/conversation-items.ts";
import { conversationKey } from "../chat/conversation-key.ts";
import { AddressLabel } from "./address-label.tsx";
import { Avatar } from "./avatar.tsx";
import { DeliveryStateIcon } from "./delivery-state-icon.tsx";
import { conversationHref } from "./hash-route.ts";
import { usePageContext } from "./page-context.ts";
import { listTime } from "./time-format.ts";

/** Links to the conversations. Arrow keys, Home and End move between them; Tab leaves the list. */
export function ConversationList({ state, ownAddress }: { state: ChatState; ownAddress: string }) {
  const { t } = usePageContext();
  const list = useRef<HTMLUListElement>(null);
  const items = sortedItems(state.conversations).map((item) => ({
    key: conversationKey(item.kind, item.address),
    item,
  }));
  const tabStop = items.some(({ key }) => key === state.openKey) ? state.openKey : items[0]?.key;

  function moveFocus(event: KeyboardEvent): void {
    const links = [...(list.current?.querySelectorAll("a") ?? [])];
    const focused = links.findIndex((link) => link.matches(":focus"));
    const target = { ArrowDown: focused + 1, ArrowUp: focused - 1, Home: 0, End: links.length - 1 }[event.key];
    if (target === undefined || !links[target]) return;
    event.preventDefault();
    links[target].focus();
  }

  if (items.length === 0) {
    return (
      <div class="empty-list">
        <p>{t(state.isListLoaded ? "no-conversations" : "loading")}</p>
        {state.isListLoaded && <p class="hint">{t("no-conversations-hint")}</p>}
      </div>
    );
  }
  return (
    <ul class="conversation-list" ref={list} onKeyDown={moveFocus}>
      {items.map(({ key, item }) => (
        <li key={key}>
          <a
            href={conversationHref(key)}
            tabIndex={key === tabStop ? 0 : -1}
            aria-current={key === state.openKey ? "page" : undefined}
            data-conversation={key}
          >
            <ListItemContent item={item} ownAddress={ownAddress} />
          </a>
        </li>
      ))}
    </ul>
  );
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
                  <bdi>{sender + last.text.slice(0, previewMaxChars)}</bdi>
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
