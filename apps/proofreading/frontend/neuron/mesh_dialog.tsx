/** The neuron in 3-D, over the grid: its mesh and its skeleton, around the place of the page. */

import type { GridController } from "../grid_controller";
import { viewUrl, ViewerWindow } from "../view/viewer_window";
import type { NeuronMap } from "./neuron_map";
import { shownNeuron } from "./shown_neuron";
import { meshState } from "./viewer_frame";

interface MeshProps {
  readonly controller: GridController;
  readonly map: NeuronMap;
  readonly onClosed: () => void;
}

export function MeshDialog({ controller, map, onClosed }: MeshProps) {
  const { mesh } = controller.windows;
  const session = controller.session.value;
  const url = session?.page.urls.neuroglancer ?? null;
  const item = controller.focusedTile.value?.item;
  return (
    <ViewerWindow
      open={mesh.isOpen && session !== null}
      name={`Neuron ${map.neuron.value?.root_id ?? ""} in 3-D`}
      url={url === null || item === undefined ? url : viewUrl(url, item)}
      change={(state) => meshState(state, shownNeuron(map.neuron.value, session?.page.section ?? null))}
      close={() => mesh.close()}
      onClosed={onClosed}
      note={() => session?.noteActivity()}
    />
  );
}
