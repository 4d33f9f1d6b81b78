/** Opens a synapse in detail, for those who look for a control; right clicks and a key do it, too. */

import type { GridController } from "../grid_controller";
import type { TileModel } from "../tile_model";

interface OpenProps {
  readonly controller: GridController;
  readonly tile: TileModel;
  readonly index: number;
}

export function openDetails(controller: GridController, tile: TileModel, index: number): void {
  controller.focused.value = index;
  controller.windows.details.open(tile);
}

export function OpenDetails({ controller, tile, index }: OpenProps) {
  return (
    <button
      type="button"
      class="tile__details"
      tabIndex={controller.focused.value === index ? 0 : -1}
      title={controller.keys.titled("In detail", "details")}
      aria-label={`Synapse ${index + 1} in detail`}
      onClick={() => openDetails(controller, tile, index)}
    >
      ⤢
    </button>
  );
}
