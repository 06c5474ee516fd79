import type { Language, Say } from "./ui-texts.ts";

const formats = new Map<string, Intl.DateTimeFormat>();

/** Making a format takes longer than using it a hundred times. */
function formatOf(language: Language, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${language} ${name}`;
  const known = formats.get(key) ?? new Intl.DateTimeFormat(language === "id" ? "id-ID" : "en-GB", options);
  formats.set(key, known);
  return known;
}

/** Hour and minute, such as 14.05 or 14:05. */
export function clockTime(time: string, language: Language): string {
  return formatOf(language, "clock", { hour: "2-digit", minute: "2-digit" }).format(new Date(time));
}

/** Day and time in full. */
export function fullTime(time: string, language: Language): string {
  return formatOf(language, "full", { dateStyle: "full", timeStyle: "short" }).format(new Date(time));
}

/** The day of a mark between messages. */
export function dayName(time: string, language: Language, say: Say, now: number): string {
  const days = daysBetween(time, now);
  if (days === 0) return say("today");
  if (days === 1) return say("yesterday");
  const isFar = new Date(time).getFullYear() !== new Date(now).getFullYear();
  return formatOf(language, isFar ? "far day" : "day", {
    weekday: "long",
    day: "numeric",
    month: "long",
    ...(isFar && { year: "numeric" }),
  }).format(new Date(time));
}

/** As short as the list needs it: the time today, else the day. */
export function listTime(time: string, language: Language, say: Say, now: number): string {
  const days = daysBetween(time, now);
  if (days === 0) return clockTime(time, language);
  if (days === 1) return say("yesterday");
  if (days > 1 && days < 7) return formatOf(language, "weekday", { weekday: "short" }).format(new Date(time));
  return formatOf(language, "date", { day: "numeric", month: "numeric", year: "2-digit" }).format(new Date(time));
}

export function isSameDay(one: string, other: string): boolean {
  return daysBetween(one, Date.parse(other)) === 0;
}

/** Midnights between a time and now, by this device's clock. */
function daysBetween(time: string, now: number): number {
  const midnight = (date: Date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((midnight(new Date(now)) - midnight(new Date(time))) / 86_400_000);
}
