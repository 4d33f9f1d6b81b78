/** Details over the grid. */

import type { KeyAction } from "../commands";
import type { GridController } from "../grid_controller";
import { perform } from "../key_actions";
import type { Desk, Opened } from "./desk";

/** What keys do as in the grid: the tile that is open has the outline. */
const AS_IN_GRID: ReadonlySet<KeyAction["do"]> = new Set<KeyAction["do"]>([
  ...(["cycle", "label", "cannot-judge", "step", "undo", "redo", "viewer", "help"] as const),
  ...(["retry", "keep", "set"] as const),
  ...(["opacity", "own-opacity", "opacity-as-all", "overlay", "layer"] as const),
  ...(["magnify", "whole", "pan"] as const),
]);

export function deskOfGrid(grid: GridController): Desk {
  const { keys, overlay, isAtWork, windows, judging, focused } = grid;
  return {
    ...{ keys, overlay, isAtWork, windows, judging, focused },
    labelsBy: "label",
    tiles: () => grid.session.value?.tiles ?? [],
    opened: () => openedIn(grid),
    perform: (action) => {
      if (!AS_IN_GRID.has(action.do)) {
        return false;
      }
      perform(action, grid);
      followUndo(grid);
      return true;
    },
  };
}

/** None once the page has been turned. */
function openedIn(grid: GridController): Opened | null {
  const session = grid.session.value;
  const index = session?.tiles.findIndex((one) => one === grid.windows.details.on.value) ?? -1;
  const tile = session?.tiles[index];
  if (session === null || tile === undefined) {
    return null;
  }
  return { tile, session, images: session.images, index };
}

/** What is taken back may be of another synapse, which then has the outline. */
function followUndo(grid: GridController): void {
  const tile = grid.focusedTile.value;
  if (tile !== null && tile !== grid.windows.details.on.value) {
    grid.windows.details.open(tile);
  }
}
