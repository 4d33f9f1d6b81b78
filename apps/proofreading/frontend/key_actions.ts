/** Does what a key asks for; most of it concerns the tile with the outline. */

import type { KeyAction } from "./commands";
import type { GridController } from "./grid_controller";
import { magnify, panBy, WHOLE } from "./magnifier";
import type { PageImages } from "./page_images";
import type { TileModel } from "./tile_model";

export function perform(action: KeyAction, grid: GridController): void {
  const { focusedTile, judging, look, overlay, windows } = grid;
  const tile = focusedTile.value;
  if (tile !== null && performOn(tile, action, grid)) {
    return;
  }
  switch (action.do) {
    case "move":
      judging.move(action.direction);
      break;
    case "opacity":
      overlay.changeOpacity(action.by);
      break;
    case "overlay":
      overlay.toggle();
      break;
    case "layer":
      overlay.toggleLayer(action.layer);
      break;
    case "resize":
      look.resize(action.by, grid.layout.value);
      break;
    case "fit":
      look.fit();
      break;
    case "birds-eye":
      look.birdsEye.value = !look.birdsEye.value;
      break;
    case "all-slices":
      look.allSlices.value = !look.allSlices.value;
      break;
    case "undo":
      judging.undo();
      break;
    case "redo":
      judging.redo();
      break;
    case "skip":
      if (grid.canSkip.value) {
        windows.skip.open();
      }
      break;
    case "submit":
      void grid.submit();
      break;
    case "turn":
      void grid.turn(action.to);
      break;
    case "help":
      windows.help.toggle();
      break;
    case "keys":
      windows.keys.open();
      break;
    case "errors":
      document.querySelector<HTMLAnchorElement>(".toolbar__errors")?.click(); // where it is offered
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
      if (grid.session.value !== null) {
        grid.neurons.value?.turnMesh(() => windows.mesh.open());
      }
      break;
  }
}

/** Asks again for a picture that could not be had. */
export function retry(tile: TileModel, images: PageImages | null | undefined): void {
  if (tile.status.value.kind === "unreadable") {
    images?.retryNow(tile);
  }
}

/** What concerns one tile; whether the action is of that kind. */
function performOn(tile: TileModel, action: KeyAction, grid: GridController): boolean {
  const { judging, overlay, windows } = grid;
  switch (action.do) {
    case "cycle":
      judging.cycle(tile);
      return true;
    case "label":
      judging.label(tile, action.label);
      return true;
    case "explain":
      judging.explain(tile);
      return true;
    case "cannot-judge":
      judging.cannotJudge(tile);
      return true;
    case "step":
      judging.step(tile, action.by);
      return true;
    case "own-opacity":
      overlay.changeOpacityOf(tile, action.by);
      return true;
    case "opacity-as-all":
      tile.ownOpacity.value = null;
      return true;
    case "magnify":
      tile.view.value = magnify(tile.view.value, action.by);
      return true;
    case "whole":
      tile.view.value = WHOLE;
      return true;
    case "pan":
      tile.view.value = panBy(tile.view.value, action.direction);
      return true;
    case "retry":
      retry(tile, grid.session.value?.images);
      return true;
    case "keep":
      tile.refused.value = null;
      return true;
    case "set":
      if (tile.refused.value !== null) {
        judging.judge(tile, tile.refused.value);
      }
      return true;
    case "details":
      windows.details.open(tile);
      return true;
    case "viewer":
      windows.viewer.open(tile);
      return true;
    default:
      return false;
  }
}
