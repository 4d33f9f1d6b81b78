/** Filling a hole. */

import type { SliceMask } from "./slice_mask";

/** solid: there is a mask already. open: the region is not enclosed, it reaches the edge. */
export type Flooded = "filled" | "solid" | "open";

/** Fills the background around a voxel where the mask encloses it; background joins at the sides of
 * voxels, not at their corners. Changes nothing unless it answers "filled". */
export function fillHole(mask: SliceMask, x: number, y: number): Flooded {
  if (!mask.has(x, y) || mask.at(x, y)) {
    return mask.has(x, y) ? "solid" : "open";
  }
  const { width, height } = mask;
  const labels = mask.labels.slice();
  const waiting = [y * width + x];
  labels[y * width + x] = 1;
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const column = at % width;
    if (column === 0 || column === width - 1 || at < width || at >= width * (height - 1)) {
      return "open";
    }
    for (const next of [at - 1, at + 1, at - width, at + width]) {
      if (labels[next] === 0) {
        labels[next] = 1;
        waiting.push(next);
      }
    }
  }
  mask.labels.set(labels);
  return "filled";
}
