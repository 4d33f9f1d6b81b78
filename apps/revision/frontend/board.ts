/** What hand and keys do on the slice that is shown, in voxels: tools, strokes, the curve. */

import { computed, signal } from "@preact/signals";

import type { Side } from "./contract";
import { LARGEST_BRUSH, SMALLEST_BRUSH, snapped, stroke } from "./drawing/brush";
import { fillHole } from "./drawing/flood";
import { fillPolygon } from "./drawing/raster";
import { SliceMask, type Spot } from "./drawing/slice_mask";
import { distanceOf, FEWEST_POINTS, MOST_POINTS, Spline } from "./drawing/spline";
import type { Slice, SliceBook } from "./slice_book";

export const DRAWING_TOOLS = ["draw", "fill", "brush", "erase"] as const;
export type DrawingTool = (typeof DRAWING_TOOLS)[number];
export type Tool = DrawingTool | Side;

const OPEN = "This place is not enclosed: its background reaches the edge of the picture.";
const SOLID = "There is a mask here already.";
const MANY = `A curve has ${MOST_POINTS} points at most: take one away first, or drag one.`;

/** What goes on between pressing and letting go. */
type Gesture =
  | { readonly kind: "stroke"; readonly label: 0 | 1; readonly size: number; last: Spot }
  | { readonly kind: "point"; readonly index: number; readonly before: Spline | null }
  | { readonly kind: "count"; readonly before: Spline }
  | { readonly kind: "line"; readonly reach: number };

export class Board {
  readonly tool = signal<Tool>("draw");
  /** Whether the hand moves the picture instead of drawing on it. */
  readonly isMoving = signal(false);
  readonly brushSize = signal(7);
  readonly eraserSize = signal(9);
  /** How many points a curve gets that is drawn in one go. */
  readonly pointCount = signal(12);
  /** The mask while a stroke goes on; its labels change, `strokes` counts how often. */
  readonly working = signal<SliceMask | null>(null);
  readonly strokes = signal(0);
  /** The line while one is drawn. */
  readonly line = signal<readonly Spot[]>([]);
  /** Where the hand is; null where it is not over the picture. */
  readonly pointer = signal<Spot | null>(null);
  /** Why nothing was done, as a sentence. */
  readonly told = signal("");
  /** The mask as it is to be seen. */
  readonly shown = computed(() => this.working.value ?? this.book.slice.value.mask.value);
  private before: DrawingTool = "draw";
  private gesture: Gesture | null = null;
  /** What a curve was made of with another number of points: they do not wander from count to count. */
  private made: { readonly from: Spline; readonly curve: Spline } | null = null;

  constructor(
    readonly book: SliceBook,
    /** Height by width of a voxel. */
    readonly aspect: number,
    /** Whether there can be one. */
    private readonly setMarker: (side: Side, spot: Spot) => boolean,
  ) {
    // What was told of an older step is no longer true.
    book.history.noted.subscribe(() => (this.told.value = ""));
  }

  get size(): number | null {
    const { value: tool } = this.tool;
    if (tool === "brush") {
      return this.brushSize.value;
    }
    return tool === "erase" ? this.eraserSize.value : null;
  }

  /** Takes a tool up; a point's is put down again with a second press of its key. */
  take(tool: Tool): void {
    this.release();
    this.told.value = "";
    this.isMoving.value = false;
    const isSame = this.tool.peek() === tool;
    if (tool !== "pre" && tool !== "post") {
      this.before = tool;
    }
    this.tool.value = isSame ? this.before : tool;
  }

  /** Larger or smaller: the brush, the eraser, or the number of points of the curve. */
  resize(by: number): void {
    const { value: tool } = this.tool;
    if (tool === "brush" || tool === "erase") {
      const size = tool === "brush" ? this.brushSize : this.eraserSize;
      size.value = within(size.peek() + by, SMALLEST_BRUSH, LARGEST_BRUSH);
    } else {
      this.setPointCount((this.curve()?.points.length ?? this.pointCount.peek()) + by);
    }
  }

  setPointCount(count: number): void {
    this.slidePointCount(count);
    this.release();
  }

  /** The same while a hand is on the slider: letting it go makes one step of it. */
  slidePointCount(count: number): void {
    this.pointCount.value = within(count, FEWEST_POINTS, MOST_POINTS);
    const curve = this.curve();
    if (curve?.isClosed !== true) {
      return;
    }
    if (this.gesture?.kind !== "count") {
      this.release();
      this.gesture = { kind: "count", before: curve };
    }
    const from = this.made?.curve === curve ? this.made.from : curve;
    this.made = { from, curve: from.resampled(this.pointCount.peek()) };
    this.slice.curve.value = this.made.curve;
  }

  /** `reach`: how near to a point counts as on it, in voxels; `isTaking` takes a point away. */
  press(spot: Spot, reach: number, isTaking = false): void {
    this.release();
    this.told.value = this.book.closed.peek();
    if (this.told.peek() !== "") {
      return;
    }
    const { value: tool } = this.tool;
    switch (tool) {
      case "pre":
      case "post":
        if (this.setMarker(tool, spot)) {
          this.tool.value = this.before;
        }
        break;
      case "brush":
      case "erase":
        this.begin(spot, tool === "brush" ? 1 : 0, this.size ?? SMALLEST_BRUSH);
        break;
      case "fill":
        this.fillAt(spot);
        break;
      case "draw":
        this.pressCurve(spot, reach, isTaking);
        break;
    }
  }

  /** The hand goes on; `spots` are all the places that it was at since. */
  drag(spots: readonly Spot[]): void {
    const { gesture } = this;
    if (gesture?.kind === "stroke") {
      for (const spot of spots) {
        this.strokeTo(gesture, spot);
      }
      this.strokes.value += 1;
    } else if (gesture?.kind === "line") {
      this.line.value = [...this.line.peek(), ...spots];
    } else if (gesture?.kind === "point") {
      const [last, curve] = [spots.at(-1), this.curve()];
      if (last !== undefined && curve !== null) {
        this.slice.curve.value = curve.moved(gesture.index, last);
      }
    }
  }

  release(): void {
    const { gesture } = this;
    this.gesture = null;
    if (gesture?.kind === "stroke") {
      const working = this.working.peek();
      this.working.value = null;
      if (working !== null) {
        this.book.edit(this.slice, working);
      }
    } else if (gesture?.kind === "line") {
      this.endLine(gesture.reach);
    } else if (gesture?.kind === "point" || gesture?.kind === "count") {
      const curve = this.curve();
      this.slice.curve.value = gesture.before;
      this.changeCurve(curve);
    }
  }

  /** The hand did not mean to draw: what goes on leaves nothing. */
  giveUp(): void {
    const { gesture } = this;
    this.gesture = null;
    this.working.value = null;
    this.line.value = [];
    if (gesture?.kind === "point" || gesture?.kind === "count") {
      this.slice.curve.value = gesture.before;
    }
  }

  /** Whether something is being drawn at this moment. */
  get isDrawing(): boolean {
    return this.gesture !== null;
  }

  /** Lets slices change below a stroke that goes on: what it painted so far is a step of its own. */
  meanwhile(change: () => void): void {
    const working = this.working.peek();
    if (working !== null) {
      this.book.edit(this.slice, working);
    }
    change();
    if (working !== null) {
      this.working.value = this.slice.mask.peek().clone();
    }
  }

  /** Fills the curve, added to the mask or instead of it; without one, takes up the tool for holes. */
  fill(isInstead = false): void {
    this.release();
    const curve = this.curve();
    if (curve?.isClosed !== true) {
      this.take("fill");
      return;
    }
    const mask = isInstead ? this.empty() : this.slice.mask.peek().clone();
    fillPolygon(mask, curve.polygon());
    this.book.edit(this.slice, mask, "drawn", null);
  }

  clear(): void {
    this.release();
    this.book.edit(this.slice, this.empty(), "drawn", null);
  }

  asOriginal(): void {
    this.release();
    this.book.edit(this.slice, this.slice.original, "drawn", null);
  }

  /** Copies the mask to the slice beside, and goes there. */
  copy(by: 1 | -1): void {
    this.release();
    const mask = this.slice.mask.peek();
    if (this.book.step(by)) {
      this.book.edit(this.slice, mask, "copied");
    }
  }

  dropCurve(): void {
    this.release();
    this.changeCurve(null);
  }

  /** Takes away the point of the curve that the pointer is nearest to. */
  takePoint(): void {
    const [curve, spot] = [this.curve(), this.pointer.peek()];
    if (curve !== null && spot !== null) {
      this.takePointOf(curve, curve.pointAt(spot, Number.POSITIVE_INFINITY));
    }
  }

  step(by: number): void {
    this.release();
    this.told.value = "";
    this.book.step(by);
  }

  private get slice(): Slice {
    return this.book.slice.peek();
  }

  private curve(): Spline | null {
    return this.book.slice.value.curve.value;
  }

  private empty(): SliceMask {
    return new SliceMask(this.book.size.width, this.book.size.height);
  }

  private begin(spot: Spot, label: 0 | 1, size: number): void {
    const gesture = { kind: "stroke", label, size, last: spot } as const;
    this.gesture = gesture;
    this.working.value = this.slice.mask.peek().clone();
    this.strokeTo(gesture, spot);
    this.strokes.value += 1;
  }

  private strokeTo(gesture: Gesture & { kind: "stroke" }, spot: Spot): void {
    const working = this.working.peek();
    if (working !== null) {
      const { label, size, last } = gesture;
      stroke(working, last, spot, { size, aspect: this.aspect }, label);
      gesture.last = spot;
    }
  }

  private fillAt(spot: Spot): void {
    if (this.curve()?.isClosed === true) {
      this.fill();
      return;
    }
    const mask = this.slice.mask.peek().clone();
    const came = fillHole(mask, Math.floor(spot.x), Math.floor(spot.y));
    if (came === "filled") {
      this.book.edit(this.slice, mask);
    } else {
      this.told.value = came === "open" ? OPEN : SOLID;
    }
  }

  private pressCurve(spot: Spot, reach: number, isTaking: boolean): void {
    const curve = this.curve();
    const index = curve?.pointAt(spot, reach) ?? -1;
    if (curve !== null && isTaking) {
      this.takePointOf(curve, index);
      return;
    }
    if (curve !== null && index >= 0) {
      this.gesture = { kind: "point", index, before: curve };
      return;
    }
    const near = curve?.nearest(spot) ?? null;
    if (curve !== null && near !== null && near.distance <= reach) {
      if (curve.points.length >= MOST_POINTS) {
        this.told.value = MANY;
        return;
      }
      this.slice.curve.value = curve.inserted(near.segment, spot);
      this.gesture = { kind: "point", index: near.segment + 1, before: curve };
      return;
    }
    this.gesture = { kind: "line", reach };
    this.line.value = [spot];
  }

  /** A line becomes a curve of its own, a click a point more. */
  private endLine(reach: number): void {
    const line = this.line.peek();
    this.line.value = [];
    const first = line[0];
    if (first === undefined) {
      return;
    }
    const isLine = line.some((spot) => distanceOf(spot, first) > 2 * reach);
    const drawn = isLine ? Spline.along(line, this.pointCount.peek()) : null;
    const curve = this.curve() ?? new Spline([]);
    if (drawn === null && curve.points.length >= MOST_POINTS) {
      this.told.value = MANY;
      return;
    }
    this.changeCurve(drawn ?? curve.with(first));
  }

  private takePointOf(curve: Spline, index: number): void {
    if (index >= 0) {
      const left = curve.without(index);
      this.changeCurve(left.points.length === 0 ? null : left);
    }
  }

  private changeCurve(curve: Spline | null): void {
    this.book.edit(this.slice, this.slice.mask.peek(), "drawn", curve);
  }
}

/** The voxels that a click would paint, for who looks before they draw. */
export function stampOf(board: Board, spot: Spot): SliceMask | null {
  const size = board.size;
  if (size === null) {
    return null;
  }
  const mask = new SliceMask(board.book.size.width, board.book.size.height);
  const place = snapped(spot, size);
  stroke(mask, place, place, { size, aspect: board.aspect }, 1);
  return mask;
}

function within(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}
