/** Does what a key asks for; most of it concerns the tile with the outline. */

import type { GridController } from "./grid_controller";
import type { KeyAction } from "./keyboard";

export function perform(action: KeyAction, grid: GridController): void {
  const tile = grid.focusedTile.value;
  switch (action.do) {
    case "move":
      grid.move(action.direction);
      break;
    case "cycle":
      if (tile !== null) {
        grid.cycle(tile);
      }
      break;
    case "label":
      if (tile !== null) {
        grid.label(tile, action.label);
      }
      break;
    case "explain":
      if (tile !== null) {
        grid.explain(tile);
      }
      break;
    case "step":
      if (tile !== null) {
        grid.step(tile, action.by);
      }
      break;
    case "opacity":
      grid.overlay.changeOpacity(action.by);
      break;
    case "overlay":
      grid.overlay.toggle();
      break;
    case "viewer":
      if (tile !== null) {
        grid.viewer.open(tile);
      }
      break;
    case "undo":
      grid.undo();
      break;
    case "redo":
      grid.redo();
      break;
    case "skip":
      grid.skipOpen.value = grid.canSkip.value;
      break;
    case "submit":
      void grid.submit();
      break;
    case "help":
      grid.helpOpen.value = !grid.helpOpen.value;
      break;
  }
}
