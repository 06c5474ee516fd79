import { useState } from "preact/hooks";
import { parseAddress, parseName } from "../../protocol/names.ts";
import type { Chat } from "../chat/chat.ts";
import { keyOf } from "../chat/conversations.ts";
import { curlLine } from "../chat/curl-command.ts";
import { useSurroundings } from "./browser-api.ts";
import { CurlButton } from "./curl-button.tsx";
import { Dialog } from "./dialog.tsx";
import { reasonIn } from "./ui-texts.ts";

const ways = ["to-person", "create-group", "join-group"] as const;
type Way = (typeof ways)[number];

/** A new conversation: with a person, in a group of one's own, or in one that is there. */
export function StartDialog({ chat, onClose }: { chat: Chat; onClose(key?: string): void }) {
  const { say, settings } = useSurroundings();
  const [way, setWay] = useState<Way>("to-person");
  const [text, setText] = useState("");
  const [mode, setMode] = useState<"open" | "private">("open");
  const [problem, setProblem] = useState("");
  const realm = chat.store.me.split("@")[1] ?? "";
  const name = text.trim();

  const command = {
    "to-person": `sendprivate ${name || "ani"} ${say("example-message")}`,
    "create-group": `creategroup ${mode === "private" ? "mode=private " : ""}${name || "tim"}`,
    "join-group": `joingroup ${name || "tim"}`,
  }[way];

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    const address = way === "create-group" ? asAddress(parseName(name)) : parseAddress(name);
    if (!address) return setProblem(say(way === "create-group" ? "bad-name" : "bad-address"));
    const full = `${address.name}@${address.realm ?? realm}`;
    if (way === "to-person") return onClose(keyOf("private", full));
    try {
      const reply = await chat.change(command);
      if (reply.status === "OK") onClose(keyOf("group", full));
      else setProblem(reasonIn(settings.language, reply.error, reply.data));
    } catch {
      setProblem(say("no-answer"));
    }
  }

  return (
    <Dialog title={say("new")} onClose={() => onClose()}>
      <form onSubmit={submit}>
        <fieldset class="segments">
          <legend class="unseen">{say("new")}</legend>
          {ways.map((each) => (
            <label key={each}>
              <input type="radio" name="way" checked={way === each} onChange={() => setWay(each)} />
              <span>{say(each)}</span>
            </label>
          ))}
        </fieldset>
        <label>
          {say(way === "create-group" ? "group-name" : "address")}
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
              setProblem("");
            }}
          />
        </label>
        {way === "create-group" ? (
          <fieldset class="modes" id="address-hint">
            <legend class="unseen">{say("create-group")}</legend>
            {(["open", "private"] as const).map((each) => (
              <label key={each}>
                <input type="radio" name="mode" checked={mode === each} onChange={() => setMode(each)} />
                <span>
                  <strong>{say(each)}</strong> {say(`${each}-hint`)}
                </span>
              </label>
            ))}
          </fieldset>
        ) : (
          <p id="address-hint" class="hint">
            {say(way === "to-person" ? "address-hint" : "group-hint")}
          </p>
        )}
        <p class="problem" role="alert">
          {problem}
        </p>
        <div class="actions">
          <button type="submit" class="primary">
            {say(way === "to-person" ? "start" : way === "create-group" ? "create" : "join")}
          </button>
          <CurlButton action={say(way)} line={() => curlLine(location.origin, command)} />
        </div>
      </form>
    </Dialog>
  );
}

function asAddress<N>(name: N | null): { name: N; realm: null } | null {
  return name === null ? null : { name, realm: null };
}
