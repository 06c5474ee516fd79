import { usePageContext } from "./page-context.ts";
import { languages, themes } from "./settings.ts";

/** Language and theme. */
export function SettingsFields({ isCompact = false }) {
  const { t, settings, changeSettings } = usePageContext();
  return (
    <div class={`settings-fields ${isCompact ? "is-compact" : ""}`}>
      <fieldset>
        <legend>{t("language")}</legend>
        {languages.map((language) => (
          <label key={language}>
            <input
              type="radio"
              name="language"
              checked={settings.language === language}
              onChange={() => changeSettings({ ...settings, language })}
            />
            <span lang={language}>{language === "id" ? "Indonesia" : "English"}</span>
          </label>
        ))}
      </fieldset>
      <fieldset>
        <legend>{t("theme")}</legend>
        {themes.map((theme) => (
          <label key={theme}>
            <input
              type="radio"
              name="theme"
              checked={settings.theme === theme}
              onChange={() => changeSettings({ ...settings, theme })}
            />
            <span>{t(`theme-${theme}`)}</span>
          </label>
        ))}
      </fieldset>
    </div>
  );
}
