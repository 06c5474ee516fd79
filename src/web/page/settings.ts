import { type Language, languageOf } from "./ui-texts.ts";

export const themes = ["auto", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

/** What somebody chose for this browser. None of it is a secret, so it may stay. */
export interface Settings {
  language: Language;
  theme: Theme;
}

const place = "ranah-settings";

export function keptSettings(): Settings {
  let kept: Partial<Settings> = {};
  try {
    kept = JSON.parse(localStorage.getItem(place) ?? "{}");
  } catch {
    // Not ours, or no store: as if nothing had been chosen.
  }
  return {
    language: kept.language === "id" || kept.language === "en" ? kept.language : languageOf(navigator.languages),
    theme: themes.find((theme) => theme === kept.theme) ?? "auto",
  };
}

export function keepSettings(settings: Settings): void {
  try {
    localStorage.setItem(place, JSON.stringify(settings));
  } catch {
    // They hold for as long as the page does.
  }
}

export function applySettings({ language, theme }: Settings): void {
  document.documentElement.lang = language;
  document.documentElement.dataset.theme = theme;
}
