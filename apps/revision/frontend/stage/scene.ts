/** What is to be seen of a slice, on the two canvases of the stage. */

import type { Side } from "../contract";
import type { SliceMask, Spot } from "../drawing/slice_mask";
import { outlineOf, type Edge } from "../drawing/outline";
import type { Spline } from "../drawing/spline";
import type { ViewTransform } from "../drawing/view_transform";
import type { SliceImage } from "../pictures";
import { CURVE, MASK, ORIGINAL, POINTS, PROPOSED, THEIRS } from "./colours";
import { MaskPicture } from "./mask_picture";

/** A point with how many slices it lies away. */
export interface PlacedMarker {
  readonly side: Side;
  readonly spot: Spot;
  readonly away: number;
}

export interface Below {
  readonly view: ViewTransform;
  readonly image: SliceImage | null;
  readonly mask: SliceMask | null;
  readonly proposed: SliceMask | null;
  /** What somebody else saved, while the person looks at both. */
  readonly theirs: SliceMask | null;
  readonly opacity: number;
}

export interface Above {
  readonly view: ViewTransform;
  readonly original: SliceMask | null;
  readonly curve: Spline | null;
  readonly line: readonly Spot[];
  readonly markers: readonly PlacedMarker[];
  /** What a click would paint. */
  readonly stamp: SliceMask | null;
  /** Where the keys have brought the pointer; null where a hand moves it. */
  readonly cross: Spot | null;
  /** Device pixels to a CSS pixel: lines are as wide on every screen. */
  readonly ratio: number;
}

/** Image pixels that are at least so large are shown as squares. */
const SQUARES_FROM = 3;

export class BelowPainter {
  private readonly mask = new MaskPicture(MASK);
  private readonly proposed = new MaskPicture(PROPOSED);
  private readonly theirs = new MaskPicture(THEIRS);

  constructor(private readonly canvas: HTMLCanvasElement) {}

  draw({ view, image, mask, proposed, theirs, opacity }: Below, size: SliceMask): void {
    const context = this.canvas.getContext("2d", { willReadFrequently: true });
    if (context === null) {
      return;
    }
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    const { left, top, scale, scaleY } = view;
    const place = { left, top, scale, scaleY };
    if (image !== null) {
      const [width, height] = [size.width * scale, size.height * scaleY];
      context.imageSmoothingEnabled = width / image.width < SQUARES_FROM;
      const { bitmap, x, y } = image;
      context.drawImage(bitmap, x, y, image.width, image.height, left, top, width, height);
    }
    context.globalAlpha = opacity;
    if (mask !== null) {
      this.mask.draw(context, mask, place);
    }
    if (theirs !== null) {
      this.theirs.draw(context, theirs, place);
    }
    if (proposed !== null) {
      this.proposed.draw(context, proposed, place);
    }
    context.globalAlpha = 1;
  }
}

export class AbovePainter {
  private known: { readonly mask: SliceMask; readonly edges: readonly Edge[] } | null = null;

  constructor(private readonly canvas: HTMLCanvasElement) {}

  draw(above: Above): void {
    const context = this.canvas.getContext("2d");
    if (context === null) {
      return;
    }
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.lineJoin = "round";
    const { view, ratio } = above;
    if (above.original !== null) {
      strokeEdges(context, view, this.edgesOf(above.original), ORIGINAL, 1.5 * ratio);
    }
    if (above.stamp !== null) {
      strokeEdges(context, view, outlineOf(above.stamp), CURVE, ratio);
    }
    drawCurve(context, above);
    above.markers.forEach((marker) => drawMarker(context, view, marker, ratio));
    if (above.cross !== null) {
      drawCross(context, view, above.cross, ratio);
    }
  }

  private edgesOf(mask: SliceMask): readonly Edge[] {
    if (this.known?.mask !== mask) {
      this.known = { mask, edges: outlineOf(mask) };
    }
    return this.known.edges;
  }
}

function strokeEdges(
  context: CanvasRenderingContext2D,
  view: ViewTransform,
  edges: readonly Edge[],
  colour: string,
  width: number,
): void {
  context.beginPath();
  for (const [from, to] of edges) {
    const [start, end] = [view.toPixel(from), view.toPixel(to)];
    context.moveTo(start.x, start.y);
    context.lineTo(end.x, end.y);
  }
  strokeTwice(context, colour, width);
}

/** Over bright and dark tissue. */
function strokeTwice(context: CanvasRenderingContext2D, colour: string, width: number): void {
  context.strokeStyle = "rgb(0 0 0 / 60%)";
  context.lineWidth = 2.4 * width;
  context.stroke();
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
}

function trace(
  context: CanvasRenderingContext2D,
  view: ViewTransform,
  line: readonly Spot[],
  isClosed: boolean,
): void {
  context.beginPath();
  line.forEach((spot, index) => {
    const { x, y } = view.toPixel(spot);
    if (index === 0) {
      context.moveTo(x, y);
    } else {
      context.lineTo(x, y);
    }
  });
  if (isClosed) {
    context.closePath();
  }
}

function drawCurve(context: CanvasRenderingContext2D, { view, curve, line, ratio }: Above): void {
  if (line.length > 1) {
    trace(context, view, line, false);
    strokeTwice(context, CURVE, 1.5 * ratio);
  }
  if (curve === null) {
    return;
  }
  trace(context, view, curve.isClosed ? curve.polygon() : curve.points, curve.isClosed);
  strokeTwice(context, CURVE, 1.5 * ratio);
  for (const point of curve.points) {
    const { x, y } = view.toPixel(point);
    context.beginPath();
    context.arc(x, y, 4 * ratio, 0, 2 * Math.PI);
    context.fillStyle = CURVE;
    context.fill();
    context.strokeStyle = "#000000";
    context.lineWidth = ratio;
    context.stroke();
  }
}

/** A disk for pre, a diamond for post; muted and smaller where it lies in another slice. */
function drawMarker(
  context: CanvasRenderingContext2D,
  view: ViewTransform,
  { side, spot, away }: PlacedMarker,
  ratio: number,
): void {
  const { x, y } = view.toPixel(spot);
  const radius = (away === 0 ? 7 : 5) * ratio;
  context.beginPath();
  if (side === "pre") {
    context.arc(x, y, radius, 0, 2 * Math.PI);
  } else {
    const reach = 1.3 * radius;
    context.moveTo(x, y - reach);
    context.lineTo(x + reach, y);
    context.lineTo(x, y + reach);
    context.lineTo(x - reach, y);
    context.closePath();
  }
  context.fillStyle = away === 0 ? POINTS[side].bright : POINTS[side].muted;
  context.fill();
  context.strokeStyle = away === 0 ? "#ffffff" : "#000000";
  context.lineWidth = (away === 0 ? 2 : 1) * ratio;
  context.stroke();
}

function drawCross(
  context: CanvasRenderingContext2D,
  view: ViewTransform,
  spot: Spot,
  ratio: number,
): void {
  const { x, y } = view.toPixel(spot);
  context.beginPath();
  for (const [dx, dy] of [
    [1, 0],
    [-1, 0],
    [0, 1],
    [0, -1],
  ] as const) {
    context.moveTo(x + 4 * ratio * dx, y + 4 * ratio * dy);
    context.lineTo(x + 14 * ratio * dx, y + 14 * ratio * dy);
  }
  strokeTwice(context, CURVE, 1.5 * ratio);
}
