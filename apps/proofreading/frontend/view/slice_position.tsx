/** Which slice is shown, of how many, and where that is. */

import type { TileModel } from "../tile_model";

interface PositionProps {
  readonly tile: TileModel;
  /** Whether screen readers find it elsewhere. */
  readonly isToldElsewhere: boolean;
}

export function SlicePosition({ tile, isToldElsewhere }: PositionProps) {
  const depth = tile.depth.value;
  const drawn = tile.drawn.value;
  if (depth === 0 || drawn === null) {
    return null;
  }
  const trouble = tile.restTrouble.value;
  return (
    <>
      <span
        class="tile__slice"
        aria-hidden={isToldElsewhere ? "true" : undefined}
        title={trouble ?? undefined}
      >
        {trouble === null ? "" : "⚠ "}
        {!isToldElsewhere && <span class="visually-hidden">Slice </span>}
        {drawn + 1}/{depth}
      </span>
      <span class="tile__bar" aria-hidden="true">
        <span style={{ width: `${100 / depth}%`, left: `${(100 * drawn) / depth}%` }} />
      </span>
    </>
  );
}
