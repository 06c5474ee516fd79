import { useEffect, useState } from "preact/hooks";
import type { Member } from "../../protocol/replies.ts";
import type { ChatClient } from "../chat/chat-client.ts";
import type { ConversationListItem } from "../chat/conversation-items.ts";
import { curlCommand } from "../chat/curl-command.ts";
import { areMembers } from "../chat/protocol-guards.ts";
import { replyData } from "../chat/reply-parser.ts";
import { AddressLabel } from "./address-label.tsx";
import { Avatar } from "./avatar.tsx";
import { CurlButton } from "./curl-button.tsx";
import { Dialog } from "./dialog.tsx";
import { usePageContext } from "./page-context.ts";
import { useCommand } from "./use-command.ts";

interface MembersDialogProps {
  client: ChatClient;
  group: ConversationListItem;
  onClose(): void;
  onLeft(): void;
}

/** Lists the members of a group. The user can invite others, remove a member as the owner, and leave the group. */
export function MembersDialog({ client, group: { address, role }, onClose, onLeft }: MembersDialogProps) {
  const { t } = usePageContext();
  const [members, setMembers] = useState<Member[] | null>(null);
  const [invitee, setInvitee] = useState("");
  const [isLeaveAsked, setLeaveAsked] = useState(false);
  const { error, run } = useCommand(client);
  const curl = (command: string) => () => curlCommand(location.origin, command);

  async function load(): Promise<void> {
    const reply = await run(`members ${address}`);
    const loaded = reply && replyData(reply, areMembers);
    if (loaded) setMembers(loaded);
  }
  useEffect(() => void load(), [address]);

  async function invite(event: Event): Promise<void> {
    event.preventDefault();
    if (!(await run(`invite ${address} ${invitee.trim()}`))) return;
    setInvitee("");
    await load();
  }

  return (
    <Dialog title={t("members-of", { group: address })} onClose={onClose}>
      {members === null && !error && <p class="hint">{t("loading")}</p>}
      <ul class="members">
        {members?.map(({ user, role: memberRole }) => (
          <li key={user}>
            <Avatar address={user} />
            <span class="member">
              <AddressLabel of={user} ownAddress={client.store.ownAddress} />
              <span class="hint">{t(`role-${memberRole}`)}</span>
            </span>
            {role === "owner" && user !== client.store.ownAddress && (
              <span class="member-actions">
                <button
                  type="button"
                  class="secondary small"
                  aria-label={t("kick-whom", { name: user })}
                  onClick={async () => (await run(`kick ${address} ${user}`)) && load()}
                >
                  {t("kick")}
                </button>
                <CurlButton action={t("kick-whom", { name: user })} command={curl(`kick ${address} ${user}`)} />
              </span>
            )}
          </li>
        ))}
      </ul>
      {role && role !== "invited" && (
        <form onSubmit={invite}>
          <label>
            {t("invite-whom")}
            <input
              autocomplete="off"
              autocapitalize="none"
              spellcheck={false}
              required
              placeholder="nama@realm"
              value={invitee}
              onInput={({ currentTarget }) => setInvitee(currentTarget.value)}
            />
          </label>
          <div class="actions">
            <button type="submit" class="primary">
              {t("invite")}
            </button>
            <CurlButton action={t("invite")} command={curl(`invite ${address} ${invitee.trim() || "ani"}`)} />
          </div>
        </form>
      )}
      <p class="error" role="alert">
        {error}
      </p>
      {role && (
        <div class="actions separated">
          <button
            type="button"
            class={isLeaveAsked ? "danger" : "secondary"}
            onClick={async () => {
              if (!isLeaveAsked) setLeaveAsked(true);
              else if (await run(`leavegroup ${address}`)) onLeft();
            }}
          >
            {t(isLeaveAsked ? "leave-sure" : "leave")}
          </button>
          <CurlButton action={t("leave")} command={curl(`leavegroup ${address}`)} />
        </div>
      )}
    </Dialog>
  );
}
