import type { ChatClient } from "../chat/chat-client.ts";
import { curlCommand } from "../chat/curl-command.ts";
import { CurlButton } from "./curl-button.tsx";
import { usePageContext } from "./page-context.ts";
import { useCommand } from "./use-command.ts";

interface JoinPromptProps {
  client: ChatClient;
  group: string;
  isInvited: boolean;
  onDeclined(): void;
}

/** Lets a user who is not a member join the group, or answer the invitation to it. */
export function JoinPrompt({ client, group, isInvited, onDeclined }: JoinPromptProps) {
  const { t } = usePageContext();
  const { error, run } = useCommand(client);

  async function join(): Promise<void> {
    if (await run(`joingroup ${group}`)) await client.history.loadNewest();
  }

  return (
    <div class="join-prompt">
      <p>{t(isInvited ? "invitation" : "not-member")}</p>
      <div class="actions">
        <button type="button" class="primary" onClick={() => void join()}>
          {t(isInvited ? "accept" : "join")}
        </button>
        {isInvited && (
          <button
            type="button"
            class="secondary"
            onClick={async () => (await run(`leavegroup ${group}`)) && onDeclined()}
          >
            {t("decline")}
          </button>
        )}
        <CurlButton
          action={t(isInvited ? "accept" : "join")}
          command={() => curlCommand(location.origin, `joingroup ${group}`)}
        />
      </div>
      <p class="error" role="alert">
        {error}
      </p>
    </div>
  );
}
