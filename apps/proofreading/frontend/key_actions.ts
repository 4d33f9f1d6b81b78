/** Does what a key asks for; most of it concerns the tile with the outline. */

import type { KeyAction } from "./commands";
import type { GridController } from "./grid_controller";

export function perform(action: KeyAction, grid: GridController): void {
  const tile = grid.focusedTile.value;
  switch (action.do) {
    case "move":
      grid.move(action.direction);
      break;
    case "cycle":
      if (tile !== null) {
        grid.judging.cycle(tile);
      }
      break;
    case "label":
      if (tile !== null) {
        grid.judging.label(tile, action.label);
      }
      break;
    case "explain":
      if (tile !== null) {
        grid.judging.explain(tile);
      }
      break;
    case "step":
      if (tile !== null) {
        grid.judging.step(tile, action.by);
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
        grid.windows.viewer.open(tile);
      }
      break;
    case "undo":
      grid.judging.undo();
      break;
    case "redo":
      grid.judging.redo();
      break;
    case "skip":
      if (grid.canSkip.value) {
        grid.windows.skip.open();
      }
      break;
    case "submit":
      void grid.submit();
      break;
    case "help":
      grid.windows.help.toggle();
      break;
    case "keys":
      grid.windows.keys.open();
      break;
    case "walk":
      grid.walk.value?.step(action.by);
      break;
    case "mark":
      grid.walk.value?.mark();
      break;
    case "map":
      grid.neurons.value?.toggle();
      break;
    case "mesh":
      if (grid.neurons.value !== null && grid.session.value !== null) {
        grid.windows.mesh.open();
      }
      break;
  }
}
