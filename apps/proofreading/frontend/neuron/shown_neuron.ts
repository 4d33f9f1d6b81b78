/** What is shown of a neuron in 3-D, from what the map knows of it. */

import type { Neuron, PageSection, Triple } from "./contract";
import type { ShownNeuron } from "./viewer_frame";

/** Points travel in the address of the frame: of very many, some are shown. */
const MOST_SYNAPSES = 2000;
const SMALLEST_NM = 1000;

export function shownNeuron(neuron: Neuron | null, section: PageSection | null): ShownNeuron {
  const places = neuron?.synapses.map(({ position_nm }) => position_nm) ?? [];
  const every = Math.ceil(places.length / MOST_SYNAPSES);
  return {
    root: neuron?.root_id ?? null,
    extentNm: extentNm(neuron),
    synapses: places.filter((_, at) => at % every === 0),
    way: wayIn(neuron, section),
  };
}

/** The way along the page's section, in nm; none in another neuron that one looks at. */
export function wayIn(neuron: Neuron | null, section: PageSection | null): readonly Triple[] {
  const isThere = neuron === null || neuron.sections.some(({ id }) => id === section?.id);
  return isThere ? (section?.path_nm ?? []) : [];
}

/** How large the neuron is, so that all of it is to be seen. */
function extentNm(neuron: Neuron | null): number {
  const [lo, hi] = cornersOf(neuron);
  return Math.max(SMALLEST_NM, ...hi.map((high, axis) => high - (lo[axis] ?? 0)).filter(Number.isFinite));
}

/** The middle of all of it, in nm; null of a neuron without sections. */
export function middleOfNeuron(neuron: Neuron | null): Triple | null {
  const [lo, hi] = cornersOf(neuron);
  const [x, y, z] = lo.map((low, axis) => (low + (hi[axis] ?? low)) / 2);
  return x === undefined || y === undefined || z === undefined || !Number.isFinite(x) ? null : [x, y, z];
}

function cornersOf(neuron: Neuron | null): readonly [lo: number[], hi: number[]] {
  const [lo, hi] = [[Infinity, Infinity, Infinity], [-Infinity, -Infinity, -Infinity]];
  for (const point of neuron?.sections.flatMap(({ path_nm }) => path_nm) ?? []) {
    point.forEach((at, axis) => {
      lo[axis] = Math.min(lo[axis] ?? at, at);
      hi[axis] = Math.max(hi[axis] ?? at, at);
    });
  }
  return [lo, hi];
}
