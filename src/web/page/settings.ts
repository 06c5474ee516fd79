import type { Language } from "../../protocol/texts.ts";
import { isRecord, oneOf, parseJson } from "../chat/json-guards.ts";
import { settingsStorage } from "./browser-storage.ts";
import { preferredLanguage } from "./ui-texts.ts";

export const languages = ["id", "en"] as const satisfies readonly Language[];
export const themes = ["auto", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

/** The user's settings in this browser. They hold no secret, so they stay after a logout. */
export interface Settings {
  language: Language;
  theme: Theme;
}

const isLanguage = oneOf(...languages);
const isTheme = oneOf(...themes);
const storageKey = "ranah-settings";

export function loadSettings(): Settings {
  const stored = parseJson(settingsStorage.getItem(storageKey) ?? "");
  const { language, theme } = isRecord(stored) ? stored : {};
  return {
    language: isLanguage(language) ? language : preferredLanguage(navigator.languages),
    theme: isTheme(theme) ? theme : "auto",
  };
}

export function saveSettings(settings: Settings): void {
  settingsStorage.setItem(storageKey, JSON.stringify(settings));
}

export function applySettings({ language, theme }: Settings): void {
  document.documentElement.lang = language;
  document.documentElement.dataset.theme = theme;
}
