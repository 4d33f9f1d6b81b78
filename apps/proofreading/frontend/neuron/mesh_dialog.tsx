/** The neuron in 3-D, over the grid: its mesh and its skeleton, around the place of the page. */

import type { GridController } from "../grid_controller";
import { viewUrl, ViewerWindow } from "../view/viewer_window";
import type { Neuron, PageSection } from "./contract";
import type { NeuronMap } from "./neuron_map";
import { meshState, type ShownNeuron } from "./viewer_frame";

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
      change={(state) => meshState(state, shownNeuron(map, session?.page.section ?? null))}
      close={() => mesh.close()}
      onClosed={onClosed}
      note={() => session?.noteActivity()}
    />
  );
}

/** Points travel in the address of the frame: of very many, some are shown. */
const MOST_SYNAPSES = 2000;

function shownNeuron(map: NeuronMap, section: PageSection | null): ShownNeuron {
  const neuron = map.neuron.value;
  const places = neuron?.synapses.map(({ position_nm }) => position_nm) ?? [];
  const every = Math.ceil(places.length / MOST_SYNAPSES);
  return {
    root: neuron?.root_id ?? null,
    extentNm: extentNm(neuron),
    synapses: places.filter((_, at) => at % every === 0),
    way: section?.path_nm ?? [],
  };
}

const SMALLEST_NM = 1000;

/** How large the neuron is, so that all of it is to be seen. */
function extentNm(neuron: Neuron | null): number {
  const [lo, hi] = [[Infinity, Infinity, Infinity], [-Infinity, -Infinity, -Infinity]];
  for (const point of neuron?.sections.flatMap(({ path_nm }) => path_nm) ?? []) {
    point.forEach((at, axis) => {
      lo[axis] = Math.min(lo[axis] ?? at, at);
      hi[axis] = Math.max(hi[axis] ?? at, at);
    });
  }
  return Math.max(SMALLEST_NM, ...hi.map((high, axis) => high - (lo[axis] ?? 0)).filter(Number.isFinite));
}
