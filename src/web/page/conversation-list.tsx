import { useRef } from "preact/hooks";
import type { ChatState } from "../chat/chat-state.ts";
import { type Conversation, keyOf, ordered } from "../chat/conversations.ts";
import { Address, Avatar } from "./avatar.tsx";
import { useSurroundings } from "./browser-api.ts";
import { hrefOf } from "./route.ts";
import { StateIcon } from "./state-icon.tsx";
import { listTime } from "./time-format.ts";

/** The conversations. Arrow keys, Home and End move in it; Tab goes past it. */
export function List({ state, me }: { state: ChatState; me: string }) {
  const { say } = useSurroundings();
  const list = useRef<HTMLUListElement>(null);
  const rows = ordered(state.conversations);
  const keys = rows.map(({ kind, address }) => keyOf(kind, address));
  const reached = keys.includes(state.open ?? "") ? state.open : keys[0];

  function move(event: KeyboardEvent): void {
    const links = [...(list.current?.querySelectorAll("a") ?? [])];
    const here = links.indexOf(document.activeElement as HTMLAnchorElement);
    const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: links.length - 1 }[event.key];
    if (to === undefined || !links[to]) return;
    event.preventDefault();
    links[to].focus();
  }

  if (rows.length === 0) {
    return (
      <div class="empty">
        <p>{say(state.isLoaded ? "no-conversations" : "loading")}</p>
        {state.isLoaded && <p class="hint">{say("no-conversations-hint")}</p>}
      </div>
    );
  }
  return (
    <ul class="list" ref={list} onKeyDown={move}>
      {rows.map((row, index) => (
        <li key={keys[index]}>
          <a
            href={hrefOf(keys[index] ?? "")}
            tabIndex={keys[index] === reached ? 0 : -1}
            aria-current={keys[index] === state.open ? "page" : undefined}
            data-conversation={keys[index]}
          >
            <Entry row={row} me={me} />
          </a>
        </li>
      ))}
    </ul>
  );
}

function Entry({ row: { kind, address, role, last, unread }, me }: { row: Conversation; me: string }) {
  const { say, settings } = useSurroundings();
  const isMine = last?.from === me;
  const sender = kind === "group" && last && !isMine ? `${last.from.split("@")[0]}: ` : "";
  return (
    <>
      <Avatar address={address} isGroup={kind === "group"} />
      <span class="entry">
        <span class="entry-top">
          <Address of={address} me={me} />
          {last && <time dateTime={last.time}>{listTime(last.time, settings.language, say, Date.now())}</time>}
        </span>
        <span class="entry-bottom">
          <span class="preview">
            {role === "invited" ? (
              <span class="chip">{say("role-invited")}</span>
            ) : (
              last && (
                <>
                  {isMine && <StateIcon state={last.state ?? "delivered"} />}
                  <bdi>{sender + last.text.slice(0, 120)}</bdi>
                </>
              )
            )}
          </span>
          {unread > 0 && (
            <span class="badge">
              <span aria-hidden="true">{unread > 99 ? "99+" : unread}</span>
              <span class="unseen">{say("unread", { count: unread })}</span>
            </span>
          )}
        </span>
      </span>
    </>
  );
}
