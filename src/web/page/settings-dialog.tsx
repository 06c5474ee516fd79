import { curlLine } from "../chat/curl-command.ts";
import { useSurroundings } from "./browser-api.ts";
import { CurlButton } from "./curl-button.tsx";
import { Dialog } from "./dialog.tsx";
import { themes } from "./settings.ts";

/** Language and appearance. */
export function Choices({ isBrief = false }) {
  const { say, settings, choose } = useSurroundings();
  return (
    <div class={`choices ${isBrief ? "is-brief" : ""}`}>
      <fieldset>
        <legend>{say("language")}</legend>
        {(["id", "en"] as const).map((language) => (
          <label key={language}>
            <input
              type="radio"
              name="language"
              checked={settings.language === language}
              onChange={() => choose({ ...settings, language })}
            />
            <span lang={language}>{language === "id" ? "Indonesia" : "English"}</span>
          </label>
        ))}
      </fieldset>
      <fieldset>
        <legend>{say("theme")}</legend>
        {themes.map((theme) => (
          <label key={theme}>
            <input
              type="radio"
              name="theme"
              checked={settings.theme === theme}
              onChange={() => choose({ ...settings, theme })}
            />
            <span>{say(`theme-${theme}`)}</span>
          </label>
        ))}
      </fieldset>
    </div>
  );
}

export function SettingsDialog({ onClose, onLogOut }: { onClose(): void; onLogOut(): void }) {
  const { say } = useSurroundings();
  return (
    <Dialog title={say("settings")} onClose={onClose}>
      <Choices />
      <div class="actions">
        <button type="button" class="secondary" onClick={onLogOut}>
          {say("log-out")}
        </button>
        <CurlButton action={say("log-out")} line={() => curlLine(location.origin, "logout")} />
      </div>
    </Dialog>
  );
}
