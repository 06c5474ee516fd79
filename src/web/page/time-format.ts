import type { Language } from "../../protocol/texts.ts";
import type { Translate } from "./ui-texts.ts";

const formats = new Map<string, Intl.DateTimeFormat>();

/** Formats are kept, since making one takes longer than using it a hundred times. Each keeps the time zone of its making. */
function dateFormat(language: Language, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${language} ${name}`;
  const format = formats.get(key) ?? new Intl.DateTimeFormat(language === "id" ? "id-ID" : "en-GB", options);
  formats.set(key, format);
  return format;
}

/** Forgets the formats: the device may have another time zone. */
export function forgetDateFormats(): void {
  formats.clear();
}

/** Hour and minute, such as 14.05 or 14:05. */
export function clockTime(time: string, language: Language): string {
  return dateFormat(language, "clock", { hour: "2-digit", minute: "2-digit" }).format(new Date(time));
}

/** Weekday, date and time. */
export function fullTime(time: string, language: Language): string {
  return dateFormat(language, "full", { dateStyle: "full", timeStyle: "short" }).format(new Date(time));
}

/** The name of a day in a separator between messages. */
export function dayName(time: string, language: Language, t: Translate, now: number): string {
  const days = daysBetween(time, now);
  if (days === 0) return t("today");
  if (days === 1) return t("yesterday");
  const isOtherYear = new Date(time).getFullYear() !== new Date(now).getFullYear();
  return dateFormat(language, isOtherYear ? "day and year" : "day", {
    weekday: "long",
    day: "numeric",
    month: "long",
    ...(isOtherYear && { year: "numeric" }),
  }).format(new Date(time));
}

/** A short form for the conversation list: the time of today, the weekday of this week, or the date. */
export function listTime(time: string, language: Language, t: Translate, now: number): string {
  const days = daysBetween(time, now);
  if (days === 0) return clockTime(time, language);
  if (days === 1) return t("yesterday");
  if (days > 1 && days < 7) return dateFormat(language, "weekday", { weekday: "short" }).format(new Date(time));
  return dateFormat(language, "date", { day: "numeric", month: "numeric", year: "2-digit" }).format(new Date(time));
}

export function isSameDay(one: string, other: string): boolean {
  return daysBetween(one, Date.parse(other)) === 0;
}

/** Midnights between a time and now, in this device's time zone. */
function daysBetween(time: string, now: number): number {
  const midnight = (date: Date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((midnight(new Date(now)) - midnight(new Date(time))) / 86_400_000);
}
