/** A synapse of the page in Neuroglancer, over the grid. */

import type { GridController } from "../grid_controller";
import { viewUrl, ViewerWindow } from "./viewer_window";

interface ViewerProps {
  readonly controller: GridController;
  /** Called when the viewer has been closed, in whatever way. */
  readonly onClosed: () => void;
}

export function ViewerDialog({ controller, onClosed }: ViewerProps) {
  const { viewer } = controller.windows;
  const session = controller.session.value;
  const index = session?.tiles.findIndex((one) => one === viewer.on.value) ?? -1;
  const tile = session?.tiles[index] ?? null; // none once the page has been turned
  const url = session?.page.urls.neuroglancer ?? "";
  return (
    <ViewerWindow
      open={tile !== null}
      name={`Synapse ${index + 1} in Neuroglancer`}
      url={tile === null ? null : viewUrl(url, tile.item)}
      close={() => viewer.close()}
      onClosed={onClosed}
      note={() => session?.noteActivity()}
    />
  );
}
