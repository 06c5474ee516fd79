import { useState } from "preact/hooks";
import type { ChatClient } from "../chat/chat-client.ts";
import type { Reply } from "../chat/reply-parser.ts";
import { usePageContext } from "./page-context.ts";
import { errorReason } from "./ui-texts.ts";

/**
 * Sends commands for a form, and keeps the error message that the form shows.
 *
 * @returns `run` gives the reply, or null after an error
 */
export function useCommand(client: ChatClient): { error: string; run(command: string): Promise<Reply | null> } {
  const { t, settings } = usePageContext();
  const [error, setError] = useState("");

  async function run(command: string): Promise<Reply | null> {
    const reply = await client.requestAndRefresh(command).catch(() => null);
    const isDone = reply?.status === "OK";
    setError(isDone ? "" : reply ? errorReason(settings.language, reply.error, reply.data) : t("no-answer"));
    return isDone ? reply : null;
  }
  return { error, run };
}
