import { useEffect, useState } from "preact/hooks";
import { passwordLine } from "../chat/curl-command.ts";
import { post, type Session } from "../chat/session-storage.ts";
import { useSurroundings } from "./browser-api.ts";
import { CurlButton } from "./curl-button.tsx";
import { Mark } from "./icons.tsx";
import { Choices } from "./settings-dialog.tsx";
import { reasonIn } from "./ui-texts.ts";

/** The way in: log in, or register and log in. */
export function Login({ isOver, onSession }: { isOver: boolean; onSession(session: Session): void }) {
  const { say, settings } = useSurroundings();
  const [isNew, setNew] = useState(false);
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState("");
  const [isBusy, setBusy] = useState(false);
  const realm = useRealm();
  const command = isNew ? "register" : "auth";

  async function enter(): Promise<string> {
    const line = (word: string) => post(`${word} ${name.trim()} ${password}`, settings.language);
    if (isNew) {
      const registered = await line("register");
      if (registered.status === "ERROR") return reasonIn(settings.language, registered.error, registered.data);
    }
    const reply = await line("auth");
    if (reply.status === "ERROR") return reasonIn(settings.language, reply.error, reply.data);
    onSession(reply.data as Session);
    return "";
  }

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    setBusy(true);
    setProblem(await enter().catch(() => say("no-answer")));
    setBusy(false);
  }

  return (
    <main class="login">
      <div class="card">
        <Mark />
        <h1>Ranah</h1>
        <p class="tagline">{say("tagline")}</p>
        {realm && <p class="chip">{say("realm", { realm })}</p>}
        {isOver && !problem && <p class="note">{say("session-over")}</p>}
        <form onSubmit={submit}>
          <label>
            {say("name")}
            <input
              name="username"
              autocomplete="username"
              autocapitalize="none"
              spellcheck={false}
              required
              maxLength={32}
              value={name}
              onInput={({ currentTarget }) => setName(currentTarget.value)}
            />
          </label>
          <label>
            {say("password")}
            <input
              name="password"
              type="password"
              autocomplete={isNew ? "new-password" : "current-password"}
              required
              value={password}
              aria-describedby={isNew ? "password-rule" : undefined}
              onInput={({ currentTarget }) => setPassword(currentTarget.value)}
            />
          </label>
          {isNew && (
            <p id="password-rule" class="hint">
              {say("password-rule")}
            </p>
          )}
          <p class="problem" role="alert">
            {problem}
          </p>
          <div class="actions">
            <button type="submit" class="primary" disabled={isBusy}>
              {say(isNew ? "register" : "log-in")}
            </button>
            <CurlButton
              action={say(isNew ? "register" : "log-in")}
              line={() => passwordLine(location.origin, command, name.trim() || "budi")}
            />
          </div>
        </form>
        <button
          type="button"
          class="link"
          onClick={() => {
            setNew(!isNew);
            setProblem("");
          }}
        >
          {say(isNew ? "to-log-in" : "to-register")}
        </button>
      </div>
      <Choices isBrief />
    </main>
  );
}

/** The realm that this host name stands for. */
function useRealm(): string {
  const [realm, setRealm] = useState("");
  useEffect(() => {
    fetch("/healthz")
      .then((response) => response.json())
      .then(({ data }) => setRealm(String(data.realm ?? "")))
      .catch(() => {});
  }, []);
  return realm;
}
