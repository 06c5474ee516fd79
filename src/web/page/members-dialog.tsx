import { useEffect, useState } from "preact/hooks";
import type { Member } from "../../protocol/replies.ts";
import type { Chat } from "../chat/chat.ts";
import type { Conversation } from "../chat/conversations.ts";
import { curlLine } from "../chat/curl-command.ts";
import type { Reply } from "../chat/reply-parser.ts";
import { Address, Avatar } from "./avatar.tsx";
import { useSurroundings } from "./browser-api.ts";
import { CurlButton } from "./curl-button.tsx";
import { Dialog } from "./dialog.tsx";
import { reasonIn } from "./ui-texts.ts";

interface Props {
  chat: Chat;
  group: Conversation;
  onClose(): void;
  onLeft(): void;
}

/** Who is in a group, and what can be done about it. */
export function MembersDialog({ chat, group: { address, role }, onClose, onLeft }: Props) {
  const { say, settings } = useSurroundings();
  const [members, setMembers] = useState<Member[] | null>(null);
  const [whom, setWhom] = useState("");
  const [problem, setProblem] = useState("");
  const [isLeaving, setLeaving] = useState(false);
  const curl = (command: string) => () => curlLine(location.origin, command);

  /** @returns whether it was done */
  async function carryOut(command: string): Promise<Reply | null> {
    const reply = await chat.change(command).catch(() => null);
    const isDone = reply?.status === "OK";
    setProblem(isDone ? "" : reply ? reasonIn(settings.language, reply.error, reply.data) : say("no-answer"));
    return isDone ? reply : null;
  }

  async function load(): Promise<void> {
    const reply = await carryOut(`members ${address}`);
    if (reply) setMembers(reply.data as Member[]);
  }
  useEffect(() => void load(), [address]);

  async function invite(event: Event): Promise<void> {
    event.preventDefault();
    if (!(await carryOut(`invite ${address} ${whom.trim()}`))) return;
    setWhom("");
    await load();
  }

  return (
    <Dialog title={say("members-of", { group: address })} onClose={onClose}>
      {members === null && !problem && <p class="hint">{say("loading")}</p>}
      <ul class="members">
        {members?.map(({ user, role: theirs }) => (
          <li key={user}>
            <Avatar address={user} />
            <span class="member">
              <Address of={user} me={chat.store.me} />
              <span class="hint">{say(`role-${theirs}`)}</span>
            </span>
            {role === "owner" && user !== chat.store.me && (
              <span class="row-actions">
                <button
                  type="button"
                  class="secondary small"
                  aria-label={say("kick-whom", { name: user })}
                  onClick={async () => (await carryOut(`kick ${address} ${user}`)) && load()}
                >
                  {say("kick")}
                </button>
                <CurlButton action={say("kick-whom", { name: user })} line={curl(`kick ${address} ${user}`)} />
              </span>
            )}
          </li>
        ))}
      </ul>
      {role && role !== "invited" && (
        <form onSubmit={invite}>
          <label>
            {say("invite-whom")}
            <input
              autocomplete="off"
              autocapitalize="none"
              spellcheck={false}
              required
              placeholder="nama@realm"
              value={whom}
              onInput={({ currentTarget }) => setWhom(currentTarget.value)}
            />
          </label>
          <div class="actions">
            <button type="submit" class="primary">
              {say("invite")}
            </button>
            <CurlButton action={say("invite")} line={curl(`invite ${address} ${whom.trim() || "ani"}`)} />
          </div>
        </form>
      )}
      <p class="problem" role="alert">
        {problem}
      </p>
      {role && (
        <div class="actions apart">
          <button
            type="button"
            class={isLeaving ? "danger" : "secondary"}
            onClick={async () => {
              if (!isLeaving) setLeaving(true);
              else if (await carryOut(`leavegroup ${address}`)) onLeft();
            }}
          >
            {say(isLeaving ? "leave-sure" : "leave")}
          </button>
          <CurlButton action={say("leave")} line={curl(`leavegroup ${address}`)} />
        </div>
      )}
    </Dialog>
  );
}
