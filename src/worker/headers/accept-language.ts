import { limits } from "../../limits.ts";
import type { Language } from "../../protocol/texts.ts";
import { parseWeightedList } from "./weighted-list.ts";

/** Java and Android still send `in`, the code of Indonesian before 1989 (RFC 5646, section 2.2.1). */
const languages = new Map<string, Language>([
  ["id", "id"],
  ["in", "id"],
  ["en", "en"],
]);

/** English if `Accept-Language` (RFC 9110, section 12.5.4) prefers it to Indonesian; otherwise Indonesian. */
export function languageOf(acceptLanguage: string | null): Language {
  if (!acceptLanguage) return "id";
  let best: { language: Language; weight: number } | null = null;
  for (const { value, weight } of parseWeightedList(beginningOf(acceptLanguage))) {
    // Programs also write a locale, such as `en_US`.
    const language = languages.get(value.split(/[-_]/, 1)[0] ?? "");
    if (language && weight > (best?.weight ?? 0)) best = { language, weight };
  }
  return best?.language ?? "id";
}

/** The complete elements within the limit. */
function beginningOf(header: string): string {
  if (header.length <= limits.acceptLanguageMaxChars) return header;
  const beginning = header.slice(0, limits.acceptLanguageMaxChars);
  return beginning.slice(0, Math.max(0, beginning.lastIndexOf(",")));
}
