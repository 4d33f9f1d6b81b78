/** What is drawn over the volumes: known synapses, marks, and the one that is being reviewed. */

import type { State } from "../../../datasets/frontend/neuroglancer/asked_view";
import {
  middleOf,
  pointLayer,
  type ShownPoint,
} from "../../../proofreading/frontend/neuron/viewer_frame";
import type { Known, Triple, WaitingMark } from "./contract";
import type { Draft } from "./draft";

export const LAYERS = {
  known: { name: "known synapses", colour: "#ffffff", size: 9 },
  added: { name: "added synapses", colour: "#56e0ff", size: 9 },
  marks: { name: "marks that wait", colour: "#ffb000", size: 9 },
  pre: { name: "new presynaptic point", colour: "#00ff00", size: 9 },
  post: { name: "new postsynaptic point", colour: "#4d6bff", size: 9 },
  draft: { name: "new synapse", colour: "#ffff00", size: 13 },
} as const;

const CLEFTS = "clefts";

export type LayerKey = keyof typeof LAYERS;

/** Neurons of which none is selected are painted all, over the image: whoever wants them turns them
 * on. */
function isPaintedAll({ type, segments, name }: State): boolean {
  return type === "segmentation" && name !== CLEFTS && Array.isArray(segments) && segments.length === 0;
}

/** The server's state with a layer for each of these, empty still. */
export function missedState(state: State, isNarrow: boolean): State {
  const own = Object.values(LAYERS).map(({ name, colour, size }) => ({
    ...pointLayer(state, name, colour, []),
    shader: `void main() { setColor(defaultColor()); setPointMarkerSize(${size}.0); }`,
  }));
  const given = Array.isArray(state["layers"]) ? (state["layers"] as readonly State[]) : [];
  const layers = given.map((one) => (isPaintedAll(one) ? { ...one, visible: false } : one));
  const layout = isNarrow ? "xy" : "4panel";
  return { ...state, layers: [...layers, ...own], layout };
}

interface Shown {
  readonly known: readonly Known[];
  readonly marks: readonly WaitingMark[];
  readonly draft: Draft | null;
  readonly voxelNm: Triple;
}

/** The points of each layer. */
export function pointsOf({ known, marks, draft, voxelNm }: Shown): Record<LayerKey, readonly ShownPoint[]> {
  const at = (id: string, position: Triple, words = ""): ShownPoint => {
    return { id, nm: middleOf(position, voxelNm), words };
  };
  const of = (origin: Known["origin"]) =>
    known.filter((one) => one.origin === origin).map((one) => at(one.id, one.center));
  const single = (id: string, position: Triple | null) => (position === null ? [] : [at(id, position)]);
  return {
    known: of("table"),
    added: of("added"),
    marks: marks.map(({ key, position, note }) => at(key, position, note)),
    pre: single("pre", draft?.pre ?? null),
    post: single("post", draft?.post ?? null),
    draft: single("draft", draft?.position ?? null),
  };
}
