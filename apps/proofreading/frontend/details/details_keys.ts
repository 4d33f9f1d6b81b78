/** What keys do while a synapse is open in detail. */

import type { KeyAction } from "../commands";
import type { GridController } from "../grid_controller";
import { perform } from "../key_actions";

/** What they do as in the grid: the tile that is open has the outline. */
const AS_IN_GRID: ReadonlySet<KeyAction["do"]> = new Set<KeyAction["do"]>([
  ...(["cycle", "label", "cannot-judge", "step", "undo", "redo", "viewer", "help"] as const),
  ...(["retry", "keep", "set"] as const),
  ...(["opacity", "own-opacity", "opacity-as-all", "overlay", "layer"] as const),
  ...(["magnify", "whole", "pan"] as const),
]);

/** Goes to the synapse after or before the one that is open; the outline goes with it. */
export function goBeside(grid: GridController, by: 1 | -1): void {
  const { details } = grid.windows;
  const tiles = grid.session.value?.tiles ?? [];
  const index = tiles.findIndex((each) => each === details.on.value);
  const next = index < 0 ? undefined : tiles[index + by];
  if (next !== undefined) {
    grid.focused.value = index + by;
    details.open(next);
  }
}

/** Does what a key asks for; whether that is anything here. */
export function performInDetails(action: KeyAction, grid: GridController): boolean {
  const { details } = grid.windows;
  if (AS_IN_GRID.has(action.do)) {
    perform(action, grid);
    followUndo(grid);
  } else if (action.do === "move" && action.direction === "left") {
    goBeside(grid, -1);
  } else if (action.do === "move" && action.direction === "right") {
    goBeside(grid, 1);
  } else if (action.do === "all-slices") {
    details.isSingle.value = !details.isSingle.value;
  } else if (action.do === "details") {
    details.close();
  } else {
    return false;
  }
  return true;
}

/** What is taken back may be of another synapse, which then has the outline. */
function followUndo(grid: GridController): void {
  const tile = grid.focusedTile.value;
  if (tile !== null && tile !== grid.windows.details.on.value) {
    grid.windows.details.open(tile);
  }
}
