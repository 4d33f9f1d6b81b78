/** The neuron on a plane: which way one looks at it, and where what lies on the drawing. */

import type { Triple } from "./contract";
import { dot, minus, plus, times, unit } from "./vectors";

export const PLANES = ["flat", "xy", "xz", "yz"] as const;

/** "flat" is the plane in which the neuron is widest. */
export type Plane = (typeof PLANES)[number];

export const PLANE_WORDS: Readonly<Record<Plane, string>> = {
  flat: "Widest",
  xy: "x – y",
  xz: "x – z",
  yz: "y – z",
};

/** A plane in space: `right` and `down` are unit vectors, at right angles. */
export interface Axes {
  readonly right: Triple;
  readonly down: Triple;
}

export interface Spot {
  readonly x: number;
  readonly y: number;
}

const FIXED: Readonly<Record<Exclude<Plane, "flat">, Axes>> = {
  xy: { right: [1, 0, 0], down: [0, 1, 0] },
  xz: { right: [1, 0, 0], down: [0, 0, 1] },
  yz: { right: [0, 0, 1], down: [0, 1, 0] },
};

/** Enough for the direction of the longest axes; each turn comes nearer. */
const TURNS = 40;
/** As many points tell how a neuron lies. */
const MOST_POINTS = 4000;

export function axesOf(plane: Plane, points: readonly Triple[]): Axes {
  return plane === "flat" ? widestAxes(points) : FIXED[plane];
}

/** The two principal axes of the points, the longer one along the drawing's height. */
function widestAxes(points: readonly Triple[]): Axes {
  const every = Math.ceil(points.length / MOST_POINTS);
  const some = points.filter((_, at) => at % every === 0);
  const middle = times(1 / Math.max(1, some.length), some.reduce(plus, [0, 0, 0]));
  const around = some.map((point) => minus(point, middle));
  const long = mainAxis(around, [0.3, 0.9, 0.31]);
  if (long === null) {
    return FIXED.xy;
  }
  const rest = around.map((point) => without(point, long));
  const wide = mainAxis(rest, [0.9, 0.3, 0.31]) ?? across(long);
  return { right: pointing(wide, 0), down: pointing(long, 1) };
}

/** The direction in which points spread most, by multiplying with their spread again and again;
    null where they are all at the middle. */
function mainAxis(around: readonly Triple[], start: Triple): Triple | null {
  const spread = (axis: Triple) =>
    around.reduce((sum, point) => plus(sum, times(dot(point, axis), point)), [0, 0, 0] as Triple);
  let axis: Triple | null = start;
  for (let turn = 0; turn < TURNS && axis !== null; turn += 1) {
    axis = unit(spread(axis));
  }
  return axis;
}

function without(vector: Triple, axis: Triple): Triple {
  return minus(vector, times(dot(vector, axis), axis));
}

/** Any direction at a right angle. */
function across(axis: Triple): Triple {
  const [x] = axis;
  return unit(without(Math.abs(x) < 0.9 ? [1, 0, 0] : [0, 1, 0], axis)) ?? [1, 0, 0];
}

/** The axis the way round in which what counts of it grows: a neuron does not turn over from one
    visit to the next. That is the part `preferred`, else the largest. */
function pointing(axis: Triple, preferred: 0 | 1): Triple {
  const largest = axis.reduce((most, part) => (Math.abs(part) > Math.abs(most) ? part : most));
  const counts = Math.abs(axis[preferred]) > 0.3 ? axis[preferred] : largest;
  return counts < 0 ? times(-1, axis) : axis;
}

export function onPlane({ right, down }: Axes, point: Triple): Spot {
  return { x: dot(right, point), y: dot(down, point) };
}

/** The corners of what encloses spots. */
export interface Bounds {
  readonly lo: Spot;
  readonly hi: Spot;
}

export function boundsOf(spots: Iterable<Spot>): Bounds {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y } of spots) {
    [x0, y0] = [Math.min(x0, x), Math.min(y0, y)];
    [x1, y1] = [Math.max(x1, x), Math.max(y1, y)];
  }
  return { lo: { x: x0, y: y0 }, hi: { x: x1, y: y1 } };
}

/** Puts spots of a plane (nm) on a drawing (CSS pixels). */
export interface Fit {
  readonly scale: number;
  readonly left: number;
  readonly top: number;
}

/** All of it inside, in the middle. */
export function fit({ lo, hi }: Bounds, width: number, height: number, margin: number): Fit {
  if (hi.x < lo.x) {
    return { scale: 1, left: 0, top: 0 };
  }
  const room = { x: Math.max(1, width - 2 * margin), y: Math.max(1, height - 2 * margin) };
  const scale = Math.min(room.x / Math.max(hi.x - lo.x, 1), room.y / Math.max(hi.y - lo.y, 1));
  return {
    scale,
    left: width / 2 - (scale * (lo.x + hi.x)) / 2,
    top: height / 2 - (scale * (lo.y + hi.y)) / 2,
  };
}

export function drawnAt({ scale, left, top }: Fit, spot: Spot): Spot {
  return { x: left + scale * spot.x, y: top + scale * spot.y };
}

/** Lengths for rulers, in nm. */
const ROUND = [1, 2, 5];

/** The longest round length (nm) that takes at most `mostPx` of the drawing. */
export function rulerNm(scale: number, mostPx: number): number {
  const most = mostPx / scale;
  const tens = 10 ** Math.floor(Math.log10(most));
  return tens * (ROUND.findLast((each) => each * tens <= most) ?? 1);
}

/** "850 nm", "12.5 µm", "1.2 mm" */
export function lengthInWords(nm: number): string {
  const [size, unitName] = nm < 1000 ? [1, "nm"] : nm < 1e6 ? [1e3, "µm"] : [1e6, "mm"];
  const digits = nm / size < 10 && size > 1 ? 1 : 0;
  return `${Number((nm / size).toFixed(digits))} ${unitName}`;
}
