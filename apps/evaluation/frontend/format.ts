/** Figures as people read them; a dash where there is none. */

export const NONE = "–";

export function percent(value: number | null | undefined, digits = 0): string {
  return value === null || value === undefined ? NONE : `${(100 * value).toFixed(digits)} %`;
}

export function decimal(value: number | null | undefined, digits = 2): string {
  return value === null || value === undefined ? NONE : value.toFixed(digits);
}

/** 12 345 with thin spaces: no sign that one country reads as a decimal point. */
export function count(value: number | null | undefined): string {
  if (value === null || value === undefined) {
    return NONE;
  }
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
}

const MINUTE_H = 1 / 60;

/** "3.5 active hours", or minutes where there is less than an hour. */
export function active(hours: number): string {
  if (hours < 1) {
    return hours < MINUTE_H ? "less than an active minute" : plural(Math.round(60 * hours), "active minute");
  }
  return `${hours < 10 ? decimal(hours, 1) : count(hours)} active hours`;
}

/** Whether there is too little active time to tell how many decisions an hour have. */
export function isTooShort(hours: number): boolean {
  return hours < MINUTE_H;
}

/** Decisions in an hour; a dash where there is too little time to tell. */
export function rate(perHour: number | null, hours: number): string {
  return isTooShort(hours) ? NONE : count(perHour);
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** How long ago, or ahead: 40 s, 12 min, 3 h, 5 d. */
export function span(seconds: number): string {
  const size = Math.abs(seconds);
  if (size < 90) {
    return `${Math.round(size)} s`;
  }
  if (size < 90 * 60) {
    return `${Math.round(size / 60)} min`;
  }
  return size < 36 * 3600 ? `${Math.round(size / 3600)} h` : `${Math.round(size / 86400)} d`;
}

export function secondsOf(iso: string): number {
  return Date.parse(iso) / 1000;
}

/** Krippendorff's own reading of alpha. */
export function alphaWord(alpha: number): string {
  return alpha >= 0.8 ? "reliable" : alpha >= 0.667 ? "tentative" : "low";
}

/** Nanometres as micrometres. */
export function micrometres(nm: number): string {
  return (nm / 1000).toFixed(nm < 10_000 ? 1 : 0);
}
