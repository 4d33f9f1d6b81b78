/** How many columns the page's tiles stand in. */

export type Direction = "left" | "right" | "up" | "down" | "first" | "last";

export interface Layout {
  readonly columns: number;
  /** Side of a square tile, in CSS pixels. */
  readonly tilePx: number;
}

/** Smaller tiles than this cannot be judged: the page scrolls instead. */
export const SMALLEST_TILE_PX = 168;

/** Free at the left and the right of tiles that scroll: there the wheel scrolls the page. */
export const SCROLL_MARGIN_PX = 32;

/** In the bird's-eye view: as large as labels and outlines need it. */
const BIRDS_EYE_PX = 116;

/** The layout of all tiles at a glance: small, and smaller still where there are many. */
export function birdsEyeLayout(count: number, width: number, height: number, gap: number): Layout {
  const { columns, tilePx } = fittingLayout(count, width, height, gap);
  return { columns, tilePx: Math.min(BIRDS_EYE_PX, tilePx) };
}

/** Tiles in as many columns as somebody wants; each is seen as a whole, and the page scrolls. */
export function columnLayout(columns: number, width: number, height: number, gap: number): Layout {
  const narrower = Math.max(1, width - 2 * SCROLL_MARGIN_PX);
  const byWidth = Math.floor((narrower - gap * (columns - 1)) / columns);
  return { columns, tilePx: Math.max(1, Math.min(byWidth, Math.floor(height))) };
}

/** Where each tile has all its slices, none of them is smaller than this. */
export const SMALLEST_SLICE_PX = 96;

/** A layout in which each tile has room for all of `depth` slices: the page scrolls where there
    would be less. */
export function sheetLayout(
  wanted: Layout,
  depth: number,
  width: number,
  height: number,
  gap: number,
): Layout {
  const least = Math.ceil(Math.sqrt(depth)) * SMALLEST_SLICE_PX;
  if (wanted.tilePx >= least) {
    return wanted;
  }
  const columns = Math.floor((width - 2 * SCROLL_MARGIN_PX + gap) / (least + gap));
  return columnLayout(Math.max(1, columns), width, height, gap);
}

/** The layout with the largest square tiles of which all fit; sizes in CSS pixels. */
export function chooseLayout(count: number, width: number, height: number, gap: number): Layout {
  const best = fittingLayout(count, width, height, gap);
  return best.tilePx >= SMALLEST_TILE_PX ? best : scrollingLayout(width, gap);
}

function fittingLayout(count: number, width: number, height: number, gap: number): Layout {
  let best: Layout = { columns: 1, tilePx: 0 };
  for (let columns = 1; columns <= Math.max(1, count); columns += 1) {
    const layout = squares(count, columns, width, height, gap);
    if (layout.tilePx > best.tilePx) {
      best = layout;
    }
  }
  return best;
}

/** The largest square tiles of which all fit in this many columns. */
function squares(
  count: number,
  columns: number,
  width: number,
  height: number,
  gap: number,
): Layout {
  const rows = Math.ceil(count / columns);
  const byWidth = (width - gap * (columns - 1)) / columns;
  const byHeight = (height - gap * (rows - 1)) / rows;
  return { columns, tilePx: Math.floor(Math.min(byWidth, byHeight)) };
}

function scrollingLayout(areaWidth: number, gap: number): Layout {
  const narrower = areaWidth - 2 * SCROLL_MARGIN_PX;
  const width = narrower >= SMALLEST_TILE_PX ? narrower : areaWidth;
  const columns = Math.max(1, Math.floor((width + gap) / (SMALLEST_TILE_PX + gap)));
  return { columns, tilePx: Math.floor((width - gap * (columns - 1)) / columns) };
}

/** The tile that an arrow key, Home or End leads to; the same one where there is none. */
export function neighbour(
  index: number,
  count: number,
  columns: number,
  direction: Direction,
): number {
  const ends = { first: -index, last: count - 1 - index };
  const steps = { left: -1, right: 1, up: -columns, down: columns, ...ends };
  const next = index + steps[direction];
  return next >= 0 && next < count ? next : index;
}
