/** Where something is marked, and whether there can be something. */

import { list, number, object, type Read } from "../../../core/frontend/readers";
import {
  middleOf,
  UNSEEN,
  UNSEEN_SENTENCE,
  voxelAt,
  type ViewerFrame,
} from "../../../proofreading/frontend/neuron/viewer_frame";
import type { Triple } from "./contract";

const extent = object({ lo: list(number), hi: list(number) });
/** Where volumes begin and end, in nm. */
export const parseExtents = object({ image: extent, cleft: extent });
export type Extents = Read<typeof parseExtents>;

const NO_IMAGE = "There is no image at this place, so nothing was marked.";
const NO_CLEFTS =
  "The cleft volume does not reach to this place, so that no mask could be drawn: nothing was marked.";

/** A synapse is drawn in the cleft volume; a point needs the image alone. */
export type Marked = "synapse" | "point";

export class Places {
  constructor(
    /** Of the table. */
    private readonly voxelNm: Triple,
    private readonly extents: Extents,
  ) {}

  /** The voxel of the table under the pointer, else the one in the middle; a sentence where nothing
   * can be marked there, null before there is a view. */
  of(viewer: ViewerFrame | null, marked: Marked): Triple | string | null {
    const place = viewer?.placeNm() ?? null;
    if (place === null) {
      return null;
    }
    if (place === UNSEEN) {
      return UNSEEN_SENTENCE;
    }
    const voxel = voxelAt(place, this.voxelNm);
    const middle = middleOf(voxel, this.voxelNm);
    if (!holds(this.extents.image, middle)) {
      return NO_IMAGE;
    }
    return marked === "synapse" && !holds(this.extents.cleft, middle) ? NO_CLEFTS : voxel;
  }
}

function holds({ lo, hi }: Read<typeof extent>, nm: Triple): boolean {
  return nm.every((at, axis) => at >= (lo[axis] ?? 0) && at < (hi[axis] ?? 0));
}
