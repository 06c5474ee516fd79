import { useEffect, useState } from "preact/hooks";
import { curlCredentialCommand } from "../chat/curl-command.ts";
import { HttpFailure, postCommand } from "../chat/http-command.ts";
import { isString, shape } from "../chat/json-guards.ts";
import { isLoginSession, type LoginSession } from "../chat/login-storage.ts";
import type { LogoutState } from "../chat/logouts.ts";
import { replyData, unreadableReply } from "../chat/reply-parser.ts";
import { CurlButton } from "./curl-button.tsx";
import { Logo } from "./icons.tsx";
import { usePageContext } from "./page-context.ts";
import { SettingsFields } from "./settings-fields.tsx";
import { errorReason } from "./ui-texts.ts";

interface LoginPageProps {
  /** The server has ended the previous session. */
  isSessionEnded: boolean;
  logoutState: LogoutState;
  onLogIn(session: LoginSession): void;
}

/** Logs in, or registers an account and logs in. */
export function LoginPage({ isSessionEnded, logoutState, onLogIn }: LoginPageProps) {
  const { t, settings } = usePageContext();
  const [isNewAccount, setNewAccount] = useState(false);
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [error, setError] = useState("");
  const [isBusy, setBusy] = useState(false);
  const realm = useRealmName();

  /** @returns an error message, or "" */
  async function logIn(): Promise<string> {
    const { language } = settings;
    const post = (command: "register" | "auth") => postCommand(`${command} ${name.trim()} ${password}`, language);
    if (isNewAccount) {
      const registered = await post("register");
      if (registered.status === "ERROR") return errorReason(language, registered.error, registered.data);
    }
    const reply = await post("auth");
    const session = replyData(reply, isLoginSession);
    if (!session) {
      const { error: code, data } = reply.status === "ERROR" ? reply : unreadableReply;
      return errorReason(language, code, data);
    }
    onLogIn(session);
    return "";
  }

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    setBusy(true);
    try {
      setError(await logIn());
    } catch (failure) {
      if (!(failure instanceof HttpFailure)) throw failure;
      setError(t(failure.problem === "no-answer" ? "no-answer" : "problem-foreign-answer"));
    } finally {
      setBusy(false);
    }
  }

  return (
    <main class="login">
      <div class="card">
        <Logo />
        <h1>Ranah</h1>
        <p class="tagline">{t("tagline")}</p>
        {realm && <p class="chip">{t("realm", { realm })}</p>}
        {isSessionEnded && !error && <p class="note">{t("session-over")}</p>}
        <p class="note" role="status">
          {logoutState !== "none" && t(`logout-${logoutState}`)}
        </p>
        <form onSubmit={submit}>
          <label>
            {t("name")}
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
            {t("password")}
            <input
              name="password"
              type="password"
              autocomplete={isNewAccount ? "new-password" : "current-password"}
              required
              value={password}
              aria-describedby={isNewAccount ? "password-rule" : undefined}
              onInput={({ currentTarget }) => setPassword(currentTarget.value)}
            />
          </label>
          {isNewAccount && (
            <p id="password-rule" class="hint">
              {t("password-rule")}
            </p>
          )}
          <p class="error" role="alert">
            {error}
          </p>
          <div class="actions">
            <button type="submit" class="primary" disabled={isBusy}>
              {t(isNewAccount ? "register" : "log-in")}
            </button>
            <CurlButton
              action={t(isNewAccount ? "register" : "log-in")}
              command={() =>
                curlCredentialCommand(location.origin, isNewAccount ? "register" : "auth", name.trim() || "budi")
              }
            />
          </div>
        </form>
        <button
          type="button"
          class="link"
          onClick={() => {
            setNewAccount(!isNewAccount);
            setError("");
          }}
        >
          {t(isNewAccount ? "to-log-in" : "to-register")}
        </button>
      </div>
      <SettingsFields isCompact />
    </main>
  );
}

const isHealthReply = shape<{ data: { realm: string } }>({ data: shape<{ realm: string }>({ realm: isString }) });

/** The realm of the page's host name, or "" while it is unknown. */
function useRealmName(): string {
  const [realm, setRealm] = useState("");
  useEffect(() => {
    fetch("/healthz")
      .then((response) => response.json())
      .then((reply: unknown) => isHealthReply(reply) && setRealm(reply.data.realm))
      .catch(() => {});
  }, []);
  return realm;
}
