import type { Language } from "../../protocol/texts.ts";
import { isRecord, oneOf, parseJson } from "../chat/json-guards.ts";
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
  const stored = readStored();
  const { language, theme } = isRecord(stored) ? stored : {};
  return {
    language: isLanguage(language) ? language : preferredLanguage(navigator.languages),
    theme: isTheme(theme) ? theme : "auto",
  };
}

function readStored(): unknown {
  try {
    return parseJson(localStorage.getItem(storageKey) ?? "");
  } catch {
    // The browser's settings may forbid storage.
    return null;
  }
}

export function saveSettings(settings: Settings): void {
  try {
    localStorage.setItem(storageKey, JSON.stringify(settings));
  } catch {
    // The settings are lost when the page is closed.
  }
}

export function applySettings({ language, theme }: Settings): void {
  document.documentElement.lang = language;
  document.documentElement.dataset.theme = theme;
}
