/** How slices and decisions are called. */

import { lately } from "../../../core/frontend/times";
import type { Clash, Slice } from "../slice_book";

const ORIGINS: Readonly<Record<string, string>> = {
  volume: "original",
  drawn: "drawn",
  copied: "copied",
  proposed: "accepted",
  restored: "restored",
};

/** How a version came to be. */
export function originWord(origin: string): string {
  return ORIGINS[origin] ?? origin;
}

/** What a slice is now, in a word. */
export function stateWord(slice: Slice, isProposed: boolean): string {
  if (slice.clash.value !== null) {
    return "conflict";
  }
  if (isProposed) {
    return "proposed";
  }
  const isUnsaved = slice.isUnsaved.value;
  if (slice.isOriginal.value || (isUnsaved && slice.isPlain.value)) {
    return originWord("volume");
  }
  return isUnsaved ? "drawn" : originWord(slice.known.value.origin);
}

/** Who saved slices meanwhile, of those that wait for a word on which version stays. */
export function savedElsewhere(clashing: readonly Slice[], ownName: string | undefined): string {
  const what = clashing.length === 1 ? "one slice" : `${clashing.length} slices`;
  const are = clashing.length === 1 ? "was" : "were";
  return clashing.every(({ clash }) => clash.value !== null && isOwn(clash.value, ownName))
    ? `You saved ${what} in another tab or browser, too.`
    : `${what.charAt(0).toUpperCase()}${what.slice(1)} ${are} saved by somebody else, too.`;
}

/** Whether the person saved it themselves, in another tab. */
export function isOwn({ by }: Clash, ownName: string | undefined): boolean {
  return by !== null && by === ownName;
}

/** When it was, as it is told of late; "" where nobody did it. */
export function whenOf(iso: string | null): string {
  return iso === null ? "" : lately(iso);
}
