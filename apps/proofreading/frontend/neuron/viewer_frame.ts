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

interface MouseState {
  readonly active: boolean;
  readonly position: ArrayLike<number>;
  /** Of a pick that was read. */
  readonly changed: Signal;
  /** There is one while the pointer is over a panel. */
  readonly forcerFunction: (() => void) | undefined;
  /** Reads the pick that is on its way, if there is one; whether something is under the pointer. */
  updateUnconditionally(): boolean;
}

/** What is used of Neuroglancer's viewer. */
export interface Neuroglancer extends Placed {
  readonly position: { value: Float32Array; readonly changed: Signal };
  readonly mouseState: MouseState;
  readonly display: { draw(): void };
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

/** What is drawn in a layer, and how it is said to the viewer. */
interface Drawn {
  readonly from: readonly unknown[];
  readonly make: (viewer: Neuroglancer) => readonly State[];
}

export const UNSEEN = "unseen";
export const UNSEEN_SENTENCE =
  "Nothing is known yet of what is under the pointer, so nothing was marked: try again when the " +
  "view is drawn, or move the pointer out of the view for the place in the middle.";

const NM = 1e-9;
const LOOK_EVERY_MS = 300;
const AXES = ["x", "y", "z"] as const;

export class ViewerFrame {
  private readonly drawn = new Map<string, Drawn>();
  /** What was put into which source last: a layer that is put back by a reset has a new one. */
  private readonly given = new Map<LocalAnnotations, Drawn["from"]>();
  private readonly timer: ReturnType<typeof setInterval>;
  private unwatch: (() => void) | null = null;

  /** `onMove` hears of every change of the place in the middle. */
  constructor(
    private frame: { readonly viewer?: Neuroglancer },
    private readonly onMove: () => void = () => undefined,
  ) {
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS);
    this.look();
  }

  /** Lets go of all that is the viewer's: of a frame that is gone nothing is to stay in memory. */
  stop(): void {
    clearInterval(this.timer);
    this.unwatch?.();
    this.unwatch = null;
    this.given.clear();
    this.frame = {};
  }

  /** The place in the middle, in nm; null until it is known. */
  get centreNm(): Triple | null {
    const viewer = this.ready();
    return viewer === null ? null : toNm(viewer, viewer.position.value);
  }

  /**
   * The place under the pointer, else the one in the middle, in nm; null until there is one, and
   * `UNSEEN` where the pointer is over the view and nothing is known of what is under it.
   *
   * Neuroglancer keeps the place of the last pick that it has read: while it is busy, one of where
   * the pointer was. So the view is drawn and picked here and now.
   */
  placeNm(): Triple | typeof UNSEEN | null {
    const viewer = this.ready();
    if (viewer === null || viewer.mouseState.forcerFunction === undefined) {
      return this.centreNm;
    }
    const { mouseState } = viewer;
    mouseState.updateUnconditionally(); // what is on its way leaves no room for another
    viewer.display.draw();
    let isRead = false;
    const unheed = mouseState.changed.add(() => (isRead = true));
    const isActive = mouseState.updateUnconditionally();
    unheed();
    return isActive && isRead ? toNm(viewer, mouseState.position) : UNSEEN;
  }

  moveTo(nm: Triple): void {
    const viewer = this.ready();
    if (viewer !== null) {
      viewer.position.value = new Float32Array(eachOver(nm, voxelNm(viewer)));
    }
  }

  /** Draws these points in a layer of annotations of that name, instead of those before. */
  show(layer: string, points: readonly ShownPoint[]): void {
    const make = (viewer: Neuroglancer) => points.map((point) => annotation(viewer, point));
    this.drawn.set(layer, { from: points, make });
    this.look();
  }

  /** Draws a line through these places, in nm, in a layer of annotations of that name, instead of
      what was there. */
  trace(layer: string, way: readonly Triple[]): void {
    this.drawn.set(layer, { from: way, make: (viewer) => wayLines(voxelNm(viewer), way) });
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
      const [drawn, source] = [this.drawn.get(name), layer?.localAnnotations];
      if (drawn !== undefined && source !== undefined && this.given.get(source) !== drawn.from) {
        this.given.set(source, drawn.from);
        source.restoreState(drawn.make(viewer));
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
export const WAY = "section";
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
  return annotationLayer(state, WAY, "#ffff66", WAY_SHADER, wayLines(sizesOf(state), way));
}

function wayLines(voxel: Triple, way: readonly Triple[]): readonly State[] {
  const spots = way.map((nm) => [...eachOver(nm, voxel)]);
  return spots.slice(1).map((pointB, at) => {
    return { type: "line", id: `way ${at}`, pointA: spots[at], pointB };
  });
}

/** `places`: x, y, z in nm. */
export function pointLayer(state: State, name: string, colour: string, places: readonly Triple[]): State {
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
const SMALL_ROOM = 1.2;

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

/** The same where there is little room: all of the neuron around its middle (x, y, z in nm), and
 * nothing else. */
export function overviewState(state: State, shown: ShownNeuron, middle: Triple | null): State {
  const projectionScale = (SMALL_ROOM * shown.extentNm) / Math.min(...sizesOf(state));
  const position = middle === null ? {} : { position: [...eachOver(middle, sizesOf(state))] };
  const seen = { projectionScale, showDefaultAnnotations: false, ...position };
  return { ...meshState(state, shown), ...seen };
}

/** Takes the bars and buttons away from around the view. */
export function withoutBars(frame: BaredWindow): void {
  frame.document.querySelector(".viewer-bar")?.setAttribute("hidden", "");
  if (frame.viewer !== undefined) {
    frame.viewer.uiConfiguration.showUIControls.value = false;
  }
}

type BaredWindow = Pick<Window, "document"> & {
  readonly viewer?: {
    readonly uiConfiguration: { readonly showUIControls: { value: boolean } };
  };
};
