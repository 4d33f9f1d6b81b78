/** Which cards of a long row are drawn, and how wide they are. All sizes in CSS pixels. */

/** Space between cards. */
export const GAP_PX = 16;
/** Cards drawn beside those in sight, at each side: a step or a push of the wheel shows no hole. */
const BESIDE = 3;
const WIDEST_PX = 368;
/** What is left free at the sides, so that the neighbours are seen to be there. */
const PEEK_PX = 24;

/** From the first of them to before the second, counted from 0. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** The width of a card in a row that is so wide. */
export function cardWidth(rowPx: number): number {
  return Math.max(0, Math.min(WIDEST_PX, rowPx - 2 * PEEK_PX));
}

/** The cards to draw where the row is scrolled to `scrollPx`; `stridePx` is a card with its gap. */
export function drawn(scrollPx: number, rowPx: number, stridePx: number, count: number): Range {
  if (stridePx <= 0) {
    return { from: 0, to: 0 };
  }
  const from = Math.floor(scrollPx / stridePx) - BESIDE;
  const to = Math.ceil((scrollPx + rowPx) / stridePx) + BESIDE;
  return { from: within(from, count), to: within(to, count) };
}

/** How far the row is scrolled where a card stands in its middle. */
export function scrollTo(index: number, rowPx: number, stridePx: number): number {
  return Math.max(0, GAP_PX + index * stridePx - (rowPx - (stridePx - GAP_PX)) / 2);
}

function within(index: number, count: number): number {
  return Math.max(0, Math.min(index, count));
}
