/** The edges of a mask, between voxels. */

import type { SliceMask, Spot } from "./slice_mask";

export type Edge = readonly [from: Spot, to: Spot];

/** The sides of cleft voxels beyond which is none; sides in one line are one edge. */
export function outlineOf(mask: SliceMask): readonly Edge[] {
  const edges: Edge[] = [];
  lines(mask.height, mask.width, (row, column) => mask.at(column, row), (line, from, to) =>
    edges.push([
      { x: from, y: line },
      { x: to, y: line },
    ]),
  );
  lines(mask.width, mask.height, (column, row) => mask.at(column, row), (line, from, to) =>
    edges.push([
      { x: line, y: from },
      { x: line, y: to },
    ]),
  );
  return edges;
}

/** Walks along the lines between neighbouring rows (or columns). */
function lines(
  count: number,
  length: number,
  at: (line: number, place: number) => boolean,
  found: (line: number, from: number, to: number) => void,
): void {
  for (let line = 0; line <= count; line += 1) {
    let from = -1;
    for (let place = 0; place <= length; place += 1) {
      const isEdge = place < length && at(line - 1, place) !== at(line, place);
      if (isEdge && from < 0) {
        from = place;
      } else if (!isEdge && from >= 0) {
        found(line, from, place);
        from = -1;
      }
    }
  }
}
