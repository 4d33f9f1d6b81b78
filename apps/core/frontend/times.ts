/**
 * How times are told: one form on every page, in the reader's own zone ("22 Nov 2026, 08:14"), with
 * UTC in the title. The server writes the same form in UTC (apps/core/times.py), and `tellTimes`
 * turns that into the reader's.
 *
 * A time is ISO 8601, or milliseconds since 1970. `zone` is for tests and for UTC; without it the
 * reader's.
 */

export type Time = string | number;

type Parts = Readonly<Record<string, string>>;

const formats = new Map<string | undefined, Intl.DateTimeFormat>();

function partsOf(at: Time, zone: string | undefined): Parts {
  const format = formats.get(zone) ?? formatOf(zone);
  formats.set(zone, format);
  return Object.fromEntries(format.formatToParts(new Date(at)).map(({ type, value }) => [type, value]));
}

// "en-US" has the months in three letters, as the server has them: "en-GB" has "Sept".
function formatOf(zone: string | undefined): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-US", {
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZone: zone,
  });
}

/** "22 Nov 2026, 08:14". */
export function moment(at: Time, zone?: string): string {
  const { day, month, year, hour, minute } = partsOf(at, zone);
  return `${day} ${month} ${year}, ${hour}:${minute}`;
}

/** "22 Nov 2026". */
export function dayOf(at: Time, zone?: string): string {
  const { day, month, year } = partsOf(at, zone);
  return `${day} ${month} ${year}`;
}

/** "22 Nov", where the year goes without saying. */
export function dayOfYear(at: Time, zone?: string): string {
  const { day, month } = partsOf(at, zone);
  return `${day} ${month}`;
}

/** "Sun 22 Nov". */
export function weekday(at: Time, zone?: string): string {
  return `${partsOf(at, zone)["weekday"]} ${dayOfYear(at, zone)}`;
}

/** "08:14", where the day goes without saying. */
export function clock(at: Time, zone?: string): string {
  const { hour, minute } = partsOf(at, zone);
  return `${hour}:${minute}`;
}

/** "08:14" of today, else "22 Nov 2026, 08:14". */
export function lately(at: Time, zone?: string): string {
  return dayOf(at, zone) === dayOf(Date.now(), zone) ? clock(at, zone) : moment(at, zone);
}

/** "22 Nov 2026, 08:14:05 UTC", for titles: to the second, and the same for everybody. */
export function inUtc(at: Time): string {
  return `${moment(at, "UTC")}:${partsOf(at, "UTC")["second"]} UTC`;
}

/** What a field of the kind `datetime-local` holds, which is of the reader's zone, too. */
export function fieldTime(at: Time): string {
  const here = new Date(at);
  return new Date(here.getTime() - here.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

const FORMS: Readonly<Record<string, (at: Time, zone?: string) => string>> = { moment, day: dayOf };

/** "Asia/Tokyo": the reader's zone. */
function ownZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Puts the reader's own time in the place of what the server wrote in UTC, and says of which zone it is
    where the page does. */
export function tellTimes(root: ParentNode, zone?: string): void {
  for (const time of root.querySelectorAll<HTMLTimeElement>("time[data-told]")) {
    const form = FORMS[time.dataset["told"] ?? ""];
    if (form !== undefined) {
      time.textContent = form(time.dateTime, zone);
      time.title = inUtc(time.dateTime);
    }
  }
  for (const place of root.querySelectorAll("[data-zone]")) {
    place.textContent = zone ?? ownZone();
  }
}
