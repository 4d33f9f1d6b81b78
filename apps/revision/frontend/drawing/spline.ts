/** A closed curve through control points: centripetal Catmull-Rom, which makes no loops of its own. */

import type { Spot } from "./slice_mask";

export const FEWEST_POINTS = 3;
export const MOST_POINTS = 64;

/** Nearer than this two points are one. */
const SAME = 1e-6;
/** So near to each other lie the places at which the curve is a polygon, in voxels. */
const STEP = 0.25;
const FEWEST_STEPS = 4;
const MOST_STEPS = 256;

/** Where on a curve a place is nearest. */
export interface Nearest {
  /** The control point behind which it lies. */
  readonly segment: number;
  readonly distance: number;
}

/** Frozen: every change is another curve. */
export class Spline {
  constructor(readonly points: readonly Spot[]) {}

  /** A curve of `count` points along a line that was drawn by hand; null where it has no length. */
  static along(line: readonly Spot[], count: number): Spline | null {
    const spaced = evenly(withoutRepeats(line), count);
    return spaced === null ? null : new Spline(spaced);
  }

  get isClosed(): boolean {
    return withoutRepeats(this.points).length >= FEWEST_POINTS;
  }

  /** The curve as a polygon: what is shown, and what is filled. Empty before there are three points. */
  polygon(): readonly Spot[] {
    return this.isClosed ? this.segments().flat() : [];
  }

  with(point: Spot): Spline {
    return this.points.length < MOST_POINTS ? new Spline([...this.points, point]) : this;
  }

  moved(index: number, to: Spot): Spline {
    return new Spline(this.points.map((point, at) => (at === index ? to : point)));
  }

  /** With a point more, behind the one of that number. */
  inserted(segment: number, point: Spot): Spline {
    if (this.points.length >= MOST_POINTS) {
      return this;
    }
    const { points } = this;
    return new Spline([...points.slice(0, segment + 1), point, ...points.slice(segment + 1)]);
  }

  without(index: number): Spline {
    return new Spline(this.points.filter((_, at) => at !== index));
  }

  /** The same curve, nearly, through so many points at even distances along it. */
  resampled(count: number): Spline {
    const wanted = Math.max(FEWEST_POINTS, Math.min(MOST_POINTS, count));
    const spaced = this.isClosed ? evenly(this.polygon(), wanted) : null;
    return spaced === null ? this : new Spline(spaced);
  }

  /** The control point within `reach` of a place, the nearest one; −1 where there is none. */
  pointAt(spot: Spot, reach: number): number {
    let best = -1;
    let least = reach;
    this.points.forEach((point, index) => {
      const distance = distanceOf(point, spot);
      if (distance <= least) {
        best = index;
        least = distance;
      }
    });
    return best;
  }

  /** Where the curve comes nearest to a place; null before it is one. */
  nearest(spot: Spot): Nearest | null {
    if (!this.isClosed) {
      return null;
    }
    let best: Nearest | null = null;
    const segments = this.segments();
    segments.forEach((places, segment) => {
      const next = segments[(segment + 1) % segments.length]?.[0];
      const line = next === undefined ? places : [...places, next];
      line.slice(1).forEach((place, at) => {
        const distance = distanceToLine(spot, line[at] ?? place, place);
        if (best === null || distance < best.distance) {
          best = { segment, distance };
        }
      });
    });
    return best;
  }

  /** The places from each control point up to but not the next one. */
  private segments(): readonly (readonly Spot[])[] {
    const { points } = this;
    const at = (index: number) => points[(index + points.length) % points.length] as Spot;
    return points.map((_, index) =>
      segment(neighbour(at, index, -1), at(index), at(index + 1), neighbour(at, index + 1, 1)),
    );
  }
}

/** The next point in a direction that lies elsewhere. */
function neighbour(at: (index: number) => Spot, index: number, step: 1 | -1): Spot {
  let other = index + step;
  for (let tries = 0; tries < MOST_POINTS && distanceOf(at(other), at(index)) < SAME; tries += 1) {
    other += step;
  }
  return at(other);
}

/** Barry and Goldman's way through p1 … p2, with knots by the square root of the distance. */
function segment(p0: Spot, p1: Spot, p2: Spot, p3: Spot): readonly Spot[] {
  if (distanceOf(p1, p2) < SAME) {
    return [p1];
  }
  const t1 = Math.sqrt(distanceOf(p0, p1));
  const t2 = t1 + Math.sqrt(distanceOf(p1, p2));
  const t3 = t2 + Math.sqrt(distanceOf(p2, p3));
  const wanted = Math.ceil(distanceOf(p1, p2) / STEP);
  const steps = Math.max(FEWEST_STEPS, Math.min(MOST_STEPS, wanted));
  return Array.from({ length: steps }, (_, step) => {
    const t = t1 + ((t2 - t1) * step) / steps;
    const a1 = between(p0, p1, 0, t1, t);
    const a2 = between(p1, p2, t1, t2, t);
    const a3 = between(p2, p3, t2, t3, t);
    return between(between(a1, a2, 0, t2, t), between(a2, a3, t1, t3, t), t1, t2, t);
  });
}

function between(one: Spot, other: Spot, from: number, to: number, t: number): Spot {
  const part = (t - from) / (to - from);
  return { x: one.x + part * (other.x - one.x), y: one.y + part * (other.y - one.y) };
}

/** `count` places at even distances along a closed line; null where it has no length. */
function evenly(line: readonly Spot[], count: number): readonly Spot[] | null {
  const first = line[0];
  if (first === undefined || line.length < FEWEST_POINTS) {
    return null;
  }
  const closed = [...line, first];
  const lengths = closed.slice(1).map((spot, index) => distanceOf(closed[index] ?? spot, spot));
  const total = lengths.reduce((sum, each) => sum + each, 0);
  let at = 0;
  let passed = 0;
  return Array.from({ length: count }, (_, index) => {
    const wanted = (total * index) / count;
    while (at < lengths.length - 1 && passed + (lengths[at] ?? 0) < wanted) {
      passed += lengths[at] ?? 0;
      at += 1;
    }
    const from = closed[at] ?? first;
    const to = closed[at + 1] ?? first;
    const length = lengths[at] ?? 0;
    return length === 0 ? from : between(from, to, 0, length, wanted - passed);
  });
}

function withoutRepeats(line: readonly Spot[]): readonly Spot[] {
  const kept: Spot[] = [];
  for (const spot of line) {
    const before = kept.at(-1);
    if (before === undefined || distanceOf(before, spot) >= SAME) {
      kept.push(spot);
    }
  }
  const [first, last] = [kept[0], kept.at(-1)];
  const isRepeated = kept.length > 1 && first && last && distanceOf(first, last) < SAME;
  return isRepeated ? kept.slice(0, -1) : kept;
}

export function distanceOf(one: Spot, other: Spot): number {
  return Math.hypot(one.x - other.x, one.y - other.y);
}

function distanceToLine(spot: Spot, from: Spot, to: Spot): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const square = dx * dx + dy * dy;
  const along = square === 0 ? 0 : ((spot.x - from.x) * dx + (spot.y - from.y) * dy) / square;
  const part = Math.max(0, Math.min(1, along));
  return distanceOf(spot, { x: from.x + part * dx, y: from.y + part * dy });
}
