import { useState } from "preact/hooks";
import type { Chat } from "../chat/chat.ts";
import { curlLine } from "../chat/curl-command.ts";
import { useSurroundings } from "./browser-api.ts";
import { CurlButton } from "./curl-button.tsx";
import { reasonIn } from "./ui-texts.ts";

interface Props {
  chat: Chat;
  group: string;
  isInvited: boolean;
  onDeclined(): void;
}

/** What stands below a group that one is not in: the way in. */
export function Invitation({ chat, group, isInvited, onDeclined }: Props) {
  const { say, settings } = useSurroundings();
  const [problem, setProblem] = useState("");

  async function carryOut(command: string): Promise<boolean> {
    const reply = await chat.change(command).catch(() => null);
    const isDone = reply?.status === "OK";
    setProblem(isDone ? "" : reply ? reasonIn(settings.language, reply.error, reply.data) : say("no-answer"));
    if (isDone && command.startsWith("join")) await chat.reader.toNewest();
    return isDone;
  }

  return (
    <div class="invitation">
      <p>{say(isInvited ? "invitation" : "not-member")}</p>
      <div class="actions">
        <button type="button" class="primary" onClick={() => void carryOut(`joingroup ${group}`)}>
          {say(isInvited ? "accept" : "join")}
        </button>
        {isInvited && (
          <button
            type="button"
            class="secondary"
            onClick={async () => (await carryOut(`leavegroup ${group}`)) && onDeclined()}
          >
            {say("decline")}
          </button>
        )}
        <CurlButton
          action={say(isInvited ? "accept" : "join")}
          line={() => curlLine(location.origin, `joingroup ${group}`)}
        />
      </div>
      <p class="problem" role="alert">
        {problem}
      </p>
    </div>
  );
}
