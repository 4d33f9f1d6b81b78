/** Neuroglancer in a frame of the page: where it looks, where its pointer is, points of our own. */

import type { State } from "../../../datasets/frontend/neuroglancer/asked_view";
import { toNm, voxelNm, type Placed } from "../../../datasets/frontend/neuroglancer/places";
import { eachOver, eachTimes } from "./vectors";
import type { Triple } from "./contract";

interface Signal {
  add(heed: () => void): () => void;
}

interface LocalAnnotations {
  restoreState(annotations: readonly State[]): void;
}

/** What is used of Neuroglancer's viewer. */
export interface Neuroglancer extends Placed {
  readonly position: { value: Float32Array; readonly changed: Signal };
  readonly mouseState: { readonly active: boolean; readonly position: ArrayLike<number> };
  readonly layerManager: {
    readonly managedLayers: readonly {
      readonly name: string;
      readonly layer: { readonly localAnnotations?: LocalAnnotations | undefined } | null;
    }[];
  };
}

/** A point that is drawn; its place in nm. */
export interface ShownPoint {
  readonly id: string;
  readonly nm: Triple;
  readonly words: string;
}

const NM = 1e-9;
const LOOK_EVERY_MS = 300;
const AXES = ["x", "y", "z"] as const;

export class ViewerFrame {
  private readonly points = new Map<string, readonly ShownPoint[]>();
  /** What was put into which source last: a layer that is put back by a reset has a new one. */
  private readonly given = new Map<LocalAnnotations, readonly ShownPoint[]>();
  private readonly timer: ReturnType<typeof setInterval>;
  private unwatch: (() => void) | null = null;

  /** `onMove` hears of every change of the place in the middle. */
  constructor(
    private readonly frame: { readonly viewer?: Neuroglancer },
    private readonly onMove: () => void,
  ) {
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS);
    this.look();
  }

  stop(): void {
    clearInterval(this.timer);
    this.unwatch?.();
  }

  /** The place in the middle, in nm; null until it is known. */
  get centreNm(): Triple | null {
    const viewer = this.ready();
    return viewer === null ? null : toNm(viewer, viewer.position.value);
  }

  /** The place under the pointer; null where it is not over something that is shown. */
  get pointerNm(): Triple | null {
    const viewer = this.ready();
    return viewer?.mouseState.active === true ? toNm(viewer, viewer.mouseState.position) : null;
  }

  moveTo(nm: Triple): void {
    const viewer = this.ready();
    if (viewer !== null) {
      viewer.position.value = new Float32Array(eachOver(nm, voxelNm(viewer)));
    }
  }

  /** Draws these points in a layer of annotations of that name, instead of those before. */
  show(layer: string, points: readonly ShownPoint[]): void {
    this.points.set(layer, points);
    this.look();
  }

  /** Goes on where the viewer has become ready, or has new layers. */
  private look(): void {
    const viewer = this.ready();
    if (viewer === null) {
      return;
    }
    if (this.unwatch === null) {
      this.unwatch = viewer.position.changed.add(this.onMove);
      this.onMove();
    }
    for (const { name, layer } of viewer.layerManager.managedLayers) {
      const [points, source] = [this.points.get(name), layer?.localAnnotations];
      if (points !== undefined && source !== undefined && this.given.get(source) !== points) {
        this.given.set(source, points);
        source.restoreState(points.map((point) => annotation(viewer, point)));
      }
    }
  }

  private ready(): Neuroglancer | null {
    const { viewer } = this.frame;
    return viewer !== undefined && viewer.position.value.length === 3 ? viewer : null;
  }
}

function annotation(viewer: Neuroglancer, { id, nm, words }: ShownPoint): State {
  return { type: "point", id, point: [...eachOver(nm, voxelNm(viewer))], description: words };
}

/** The voxel of the table in which a place lies, and the middle of a voxel. */
export function voxelAt(nm: Triple, size: Triple): Triple {
  const [x, y, z] = eachOver(nm, size);
  return [Math.floor(x), Math.floor(y), Math.floor(z)];
}

export function middleOf([x, y, z]: Triple, size: Triple): Triple {
  return eachTimes([x + 0.5, y + 0.5, z + 0.5], size);
}

export const SYNAPSES = "synapses";
export const MARKS = "missed synapses";
const WAY = "section";
const OWN_LAYERS: readonly string[] = [MARKS, WAY];
const POINTS_SHADER = "void main() { setColor(defaultColor()); setPointMarkerSize(9.0); }";
const WAY_SHADER = "void main() { setColor(defaultColor()); setLineWidth(3.0); }";

/** Neuroglancer's sizes of a voxel, in m, as nm. */
function sizesOf(state: State): Triple {
  const dimensions = (state["dimensions"] ?? {}) as Record<string, readonly [number, string]>;
  const [x, y, z] = AXES.map((axis) => (dimensions[axis]?.[0] ?? NM) / NM);
  return [x ?? 1, y ?? 1, z ?? 1];
}

/** The state of a page to look for synapses on: at the beginning of the way (x, y, z in nm), which
 * is drawn, with a layer for marks. What synapses are known is in the server's state. */
export function searchState(state: State, way: readonly Triple[], isNarrow = false): State {
  const layers = [
    ...layersOf(state).filter(({ name }) => !OWN_LAYERS.includes(String(name))),
    wayLayer(state, way),
    pointLayer(state, MARKS, "#ffb000", []),
  ];
  const [start] = way;
  const position = start === undefined ? {} : { position: [...eachOver(start, sizesOf(state))] };
  return { ...state, ...position, layers, layout: isNarrow ? "xy" : "xy-3d" };
}

function wayLayer(state: State, way: readonly Triple[]): State {
  const spots = way.map((nm) => [...eachOver(nm, sizesOf(state))]);
  const lines = spots.slice(1).map((pointB, at) => {
    return { type: "line", id: `way ${at}`, pointA: spots[at], pointB };
  });
  return annotationLayer(state, WAY, "#ffff66", WAY_SHADER, lines);
}

/** `places`: x, y, z in nm. */
function pointLayer(state: State, name: string, colour: string, places: readonly Triple[]): State {
  const points = places.map((nm, at) => {
    return { type: "point", id: `${name} ${at}`, point: [...eachOver(nm, sizesOf(state))] };
  });
  return annotationLayer(state, name, colour, POINTS_SHADER, points);
}

function annotationLayer(
  state: State,
  name: string,
  annotationColor: string,
  shader: string,
  annotations: readonly State[],
): State {
  const transform = { outputDimensions: state["dimensions"] };
  return {
    ...{ type: "annotation", name, annotations, annotationColor, shader, tab: "annotations" },
    source: { url: "local://annotations", transform },
  };
}

function layersOf(state: State): readonly State[] {
  return Array.isArray(state["layers"]) ? (state["layers"] as readonly State[]) : [];
}

/** How much larger than the neuron the view is: the present place is not in its middle. */
const ROOM = 2;

/** What is shown of a neuron in 3-D. */
export interface ShownNeuron {
  /** Alone of all neurons; null leaves those that are selected. */
  readonly root: string | null;
  /** How large it is, in nm. */
  readonly extentNm: number;
  readonly synapses: readonly Triple[];
  /** The section of the page. */
  readonly way: readonly Triple[];
}

/** The state that shows all of a neuron in 3-D, around the present place. */
export function meshState(state: State, { root, extentNm, synapses, way }: ShownNeuron): State {
  const layers = layersOf(state).map((layer) =>
    layer["segments"] === undefined || root === null ? layer : { ...layer, segments: [root] },
  );
  const own = [wayLayer(state, way), pointLayer(state, SYNAPSES, "#ffffff", synapses)];
  const projectionScale = (ROOM * extentNm) / Math.min(...sizesOf(state));
  const seen = { layout: "3d", showSlices: false, projectionScale };
  return { ...state, ...seen, layers: [...layers, ...own] };
}
