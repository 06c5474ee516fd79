import { useEffect, useState } from "preact/hooks";
import { forgetDateFormats } from "./time-format.ts";

/** Browsers report no change of the time zone, so the page looks for it. */
const checkMaxMs = 60_000;

/** The day and the time zone of this device, such as `2026-11-23 Asia/Jakarta`. Texts that show times depend on both. */
export function calendarNow(): string {
  const now = new Date();
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  return `${now.getFullYear()}-${now.getMonth() + 1}-${now.getDate()} ${timeZone}`;
}

/** Changes at midnight, and when the device gets another time zone. */
export function useCalendar(): string {
  const [calendar, setCalendar] = useState(calendarNow);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    let shown = calendar;
    const check = () => {
      const now = calendarNow();
      if (now !== shown) forgetDateFormats();
      shown = now;
      setCalendar(now);
      clearTimeout(timer);
      timer = setTimeout(check, Math.min(checkMaxMs, msUntilMidnight()));
    };
    check();
    document.addEventListener("visibilitychange", check);
    addEventListener("focus", check);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", check);
      removeEventListener("focus", check);
    };
  }, []);
  return calendar;
}

function msUntilMidnight(): number {
  const now = new Date();
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1).getTime() - now.getTime();
}
