import { expect, test } from "vitest";
import { dayName, listTime } from "../../src/web/page/time-format.ts";
import { translatorFor } from "../../src/web/page/ui-texts.ts";

const now = new Date(2026, 10, 23, 9, 0).getTime();
const lateOn = (day: number, year = 2026) => new Date(year, 10, day, 23, 30).toISOString();

test("a day separator says today, yesterday, or the date, with the year if it is another one", () => {
  const name = (time: string) => dayName(time, "en", translatorFor("en"), now);
  expect([name(lateOn(23)), name(lateOn(22)), name(lateOn(20)), name(lateOn(20, 2025))]).toEqual([
    "Today",
    "Yesterday",
    expect.stringContaining("20 November"),
    expect.stringContaining("2025"),
  ]);
});

test("the list shows the time of today's messages and the day of older ones", () => {
  expect(listTime(lateOn(22), "id", translatorFor("id"), now)).toBe("Kemarin");
  expect(listTime(lateOn(23), "id", translatorFor("id"), now)).toBe("23.30");
});
