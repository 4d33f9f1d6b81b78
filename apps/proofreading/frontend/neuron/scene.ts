/** A neuron laid out on a drawing: lines of its sections, spots of its synapses. */

import type { Label } from "../labels";
import type { Neuron, SectionState, Triple } from "./contract";
import {
  axesOf,
  boundsOf,
  drawnAt,
  fit,
  onPlane,
  type Bounds,
  type Fit,
  type Plane,
  type Spot,
} from "./geometry";
import { Nearest } from "./nearest";

/** Less than this between two spots of a line is not to be seen. */
const FINEST_PX = 0.7;
const MARGIN_PX = 14;
/** How near the pointer must be to a line. */
const REACH_PX = 12;
export const LARGEST_ZOOM = 64;
const LARGEST_DOT_PX = 3;
const SMALLEST_PART = 0.4;
const MANY_DOTS = 800;

export interface Line {
  readonly state: SectionState;
  readonly spots: readonly Spot[];
}

export interface Dot extends Spot {
  readonly label: Label | null;
}

/** What part of the neuron is drawn: 1 is all of it; `x`, `y` in CSS pixels of the drawing. */
export interface View {
  readonly zoom: number;
  readonly x: number;
  readonly y: number;
}

export const WHOLE: View = { zoom: 1, x: 0, y: 0 };

/** The neuron on a plane, in nm; laying it out for a size and a view is quick. */
export class Projection {
  private readonly bounds: Bounds;
  private readonly lines: readonly (readonly Spot[])[];
  private readonly dots: readonly Dot[];
  private readonly soma: Spot | null;

  constructor(
    private readonly neuron: Neuron,
    plane: Plane,
  ) {
    const paths = neuron.sections.map((section) => section.path_nm);
    const axes = axesOf(plane, paths.flat());
    const flat = (point: Triple) => onPlane(axes, point);
    this.lines = paths.map((path) => path.map(flat));
    this.bounds = boundsOf(this.lines.flat());
    this.dots = neuron.synapses.map(({ position_nm, label }) => ({ ...flat(position_nm), label }));
    this.soma = neuron.soma_nm === null ? null : flat(neuron.soma_nm);
  }

  /** Puts it on a drawing of so many CSS pixels. */
  layOut(width: number, height: number, view: View): Scene {
    const whole = fit(this.bounds, width, height, MARGIN_PX);
    const shown = {
      scale: whole.scale * view.zoom,
      left: whole.left * view.zoom + view.x,
      top: whole.top * view.zoom + view.y,
    };
    const lines = this.neuron.sections.map(({ state }, at) => ({
      state,
      spots: thinned((this.lines[at] ?? []).map((spot) => drawnAt(shown, spot))),
    }));
    const dots = this.dots.map((dot) => ({ ...drawnAt(shown, dot), label: dot.label }));
    const soma = this.soma === null ? null : drawnAt(shown, this.soma);
    return new Scene(lines, dots, soma, shown, dotSize(dots.length, view.zoom));
  }
}

export class Scene {
  private nearest: Nearest | null = null;

  constructor(
    readonly lines: readonly Line[],
    readonly dots: readonly Dot[],
    readonly soma: Spot | null,
    readonly fit: Fit,
    /** About half the width of a point. */
    readonly dotPx: number,
  ) {}

  /** The section at a spot of the drawing, by its place in the list; null where there is none. */
  sectionAt(spot: Spot): number | null {
    this.nearest ??= new Nearest(this.lines.map(({ spots }) => spots));
    return this.nearest.find(spot, REACH_PX);
  }
}

/** Very many points are smaller, until one comes nearer: they would hide the lines. */
function dotSize(count: number, zoom: number): number {
  const room = Math.sqrt(MANY_DOTS / Math.max(1, count)) * Math.sqrt(zoom);
  return LARGEST_DOT_PX * Math.min(1, Math.max(SMALLEST_PART, room));
}

/** Nearer or farther, around a spot that stays where it is. */
export function zoomed(view: View, factor: number, { x, y }: Spot): View {
  const zoom = Math.min(LARGEST_ZOOM, Math.max(1, view.zoom * factor));
  if (zoom === 1) {
    return WHOLE;
  }
  const by = zoom / view.zoom;
  return { zoom, x: x - by * (x - view.x), y: y - by * (y - view.y) };
}

/** Ends stay; of what lies between, only what can be told apart. */
function thinned(spots: readonly Spot[]): readonly Spot[] {
  let last: Spot | null = null;
  return spots.filter((spot, at) => {
    const isSeen =
      last === null || at === spots.length - 1 || Math.hypot(spot.x - last.x, spot.y - last.y) > FINEST_PX;
    last = isSeen ? spot : last;
    return isSeen;
  });
}
