import { useState } from "preact/hooks";
import { type Address, parseAddress, parseName } from "../../protocol/names.ts";
import type { ChatClient } from "../chat/chat-client.ts";
import { conversationKey } from "../chat/conversation-key.ts";
import { curlCommand } from "../chat/curl-command.ts";
import { CurlButton } from "./curl-button.tsx";
import { Dialog } from "./dialog.tsx";
import { usePageContext } from "./page-context.ts";
import { errorReason } from "./ui-texts.ts";

const startActions = ["to-person", "create-group", "join-group"] as const;
type StartAction = (typeof startActions)[number];

interface NewConversationDialogProps {
  client: ChatClient;
  /** @param key of the conversation to open */
  onClose(key?: string): void;
}

/** Starts a private conversation, creates a group, or joins one. */
export function NewConversationDialog({ client, onClose }: NewConversationDialogProps) {
  const { t, settings } = usePageContext();
  const [action, setAction] = useState<StartAction>("to-person");
  const [text, setText] = useState("");
  const [mode, setMode] = useState<"open" | "private">("open");
  const [error, setError] = useState("");
  const ownRealm = client.store.ownAddress.split("@")[1] ?? "";
  const name = text.trim();

  const command = {
    "to-person": `sendprivate ${name || "ani"} ${t("example-message")}`,
    "create-group": `creategroup ${mode === "private" ? "mode=private " : ""}${name || "tim"}`,
    "join-group": `joingroup ${name || "tim"}`,
  }[action];

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    const address = action === "create-group" ? ownGroupAddress(name) : parseAddress(name);
    if (!address) return setError(t(action === "create-group" ? "bad-name" : "bad-address"));
    const fullAddress = `${address.name}@${address.realm ?? ownRealm}`;
    if (action === "to-person") return onClose(conversationKey("private", fullAddress));
    try {
      const reply = await client.requestAndRefresh(command);
      if (reply.status === "OK") onClose(conversationKey("group", fullAddress));
      else setError(errorReason(settings.language, reply.error, reply.data));
    } catch {
      setError(t("no-answer"));
    }
  }

  return (
    <Dialog title={t("new")} onClose={() => onClose()}>
      <form onSubmit={submit}>
        <fieldset class="segmented-control">
          <legend class="visually-hidden">{t("new")}</legend>
          {startActions.map((each) => (
            <label key={each}>
              <input type="radio" name="start-action" checked={action === each} onChange={() => setAction(each)} />
              <span>{t(each)}</span>
            </label>
          ))}
        </fieldset>
        <label>
          {t(action === "create-group" ? "group-name" : "address")}
          <input
            name="address"
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            required
            value={text}
            aria-describedby="address-hint"
            onInput={({ currentTarget }) => {
              setText(currentTarget.value);
              setError("");
            }}
          />
        </label>
        {action === "create-group" ? (
          <fieldset class="group-modes" id="address-hint">
            <legend class="visually-hidden">{t("create-group")}</legend>
            {(["open", "private"] as const).map((each) => (
              <label key={each}>
                <input type="radio" name="mode" checked={mode === each} onChange={() => setMode(each)} />
                <span>
                  <strong>{t(each)}</strong> {t(`${each}-hint`)}
                </span>
              </label>
            ))}
          </fieldset>
        ) : (
          <p id="address-hint" class="hint">
            {t(action === "to-person" ? "address-hint" : "group-hint")}
          </p>
        )}
        <p class="error" role="alert">
          {error}
        </p>
        <div class="actions">
          <button type="submit" class="primary">
            {t(action === "to-person" ? "start" : action === "create-group" ? "create" : "join")}
          </button>
          <CurlButton action={t(action)} command={() => curlCommand(location.origin, command)} />
        </div>
      </form>
    </Dialog>
  );
}

/** A group can be created only in the user's own realm, so its name is given without one. */
function ownGroupAddress(text: string): Address | null {
  const name = parseName(text);
  return name && { name, realm: null };
}
