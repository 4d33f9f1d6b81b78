/** Which voxels lie inside a closed line: those whose centre does, by the non-zero winding rule. */

import type { SliceMask, Spot } from "./slice_mask";

interface Crossing {
  readonly x: number;
  /** +1 where the line goes down there, −1 where it goes up. */
  readonly turn: number;
}

/** Labels the voxels inside the polygon; its last corner is joined to its first. */
export function fillPolygon(mask: SliceMask, corners: readonly Spot[], label: 0 | 1 = 1): void {
  for (let y = 0; y < mask.height; y += 1) {
    let winding = 0;
    let from = 0;
    for (const { x, turn } of crossingsAt(y + 0.5, corners)) {
      if (winding !== 0) {
        mask.set(y, firstCentreFrom(from), firstCentreFrom(x), label);
      }
      winding += turn;
      from = x;
    }
  }
}

/** The first voxel whose centre lies at `x` or beyond. */
function firstCentreFrom(x: number): number {
  return Math.ceil(x - 0.5);
}

/** Where the polygon crosses a horizontal line, from the left. An edge holds its upper end and not
 * its lower one, so that a corner on the line counts once. */
function crossingsAt(y: number, corners: readonly Spot[]): readonly Crossing[] {
  const found: Crossing[] = [];
  let before = corners.at(-1);
  for (const corner of corners) {
    if (before !== undefined && before.y <= y !== corner.y <= y) {
      const part = (y - before.y) / (corner.y - before.y);
      const x = before.x + part * (corner.x - before.x);
      found.push({ x, turn: corner.y > before.y ? 1 : -1 });
    }
    before = corner;
  }
  return found.sort((one, other) => one.x - other.x);
}
