/** Where places in nm lie on the slices of an instance. */

import type { Easel } from "./contract";
import type { Spot } from "./drawing/slice_mask";

export interface Place {
  /** In voxels of the slice, from the corner of the box. */
  readonly spot: Spot;
  /** The slice, a voxel of the cleft volume. */
  readonly z: number;
}

export function placeOf(easel: Easel, [x = 0, y = 0, z = 0]: readonly number[]): Place {
  const [loX = 0, loY = 0] = easel.box.lo;
  const [xNm = 1, yNm = 1, zNm = 1] = easel.resolution_nm;
  return { spot: { x: x / xNm - loX, y: y / yNm - loY }, z: Math.floor(z / zNm) };
}
