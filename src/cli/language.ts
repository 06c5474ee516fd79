import type { Language } from "../protocol/texts.ts";

/** A text in Indonesian and in English. `{x}` is replaced by a value. */
export type Text = readonly [id: string, en: string];

/** Indonesian if the locale of the terminal is Indonesian, otherwise English. The first variable that is set decides (POSIX). */
export function languageOfLocale(env: NodeJS.ProcessEnv): Language {
  const locale = env.LC_ALL || env.LC_MESSAGES || env.LANG || "";
  return /^id([_.@-]|$)/i.test(locale) ? "id" : "en";
}

export function textIn(language: Language, text: Text, values: Record<string, string | number> = {}): string {
  const chosen = text[language === "id" ? 0 : 1];
  return chosen.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
