/** Where voxels of a slice lie on the canvas, and back. */

import type { Size, Spot } from "./slice_mask";

/** Device pixels that a voxel takes at most. */
const LARGEST_SCALE = 96;
/** The whole slice takes at least this part of what `fit` gives it. */
const SMALLEST_PART = 0.5;
const MARGIN = 0.96;

/**
 * A voxel (x, y) is drawn from `left + x · scale`, `top + y · scale · aspect` in device pixels. Both
 * ends are whole pixels, so that the edges of the slice are sharp.
 */
export class ViewTransform {
  readonly left: number;
  readonly top: number;

  constructor(
    /** Device pixels to the width of a voxel. */
    readonly scale: number,
    left: number,
    top: number,
    /** Height by width of a voxel. */
    readonly aspect: number,
  ) {
    this.left = Math.round(left);
    this.top = Math.round(top);
  }

  /** The whole slice in the middle of a canvas, with a small margin. */
  static fit(slice: Size, canvas: Size, aspect: number): ViewTransform {
    const scale = fitting(slice, canvas, aspect);
    const left = (canvas.width - slice.width * scale) / 2;
    const top = (canvas.height - slice.height * scale * aspect) / 2;
    return new ViewTransform(scale, left, top, aspect);
  }

  get scaleY(): number {
    return this.scale * this.aspect;
  }

  toVoxel(px: number, py: number): Spot {
    return { x: (px - this.left) / this.scale, y: (py - this.top) / this.scaleY };
  }

  toPixel({ x, y }: Spot): Spot {
    return { x: this.left + x * this.scale, y: this.top + y * this.scaleY };
  }

  /** Nearer or further; what lies under the place stays there. */
  zoomed(factor: number, px: number, py: number, slice: Size, canvas: Size): ViewTransform {
    const least = fitting(slice, canvas, this.aspect) * SMALLEST_PART;
    const scale = Math.min(LARGEST_SCALE, Math.max(least, this.scale * factor));
    const { x, y } = this.toVoxel(px, py);
    const moved = new ViewTransform(scale, px - x * scale, py - y * scale * this.aspect, this.aspect);
    return moved.kept(slice, canvas);
  }

  panned(dx: number, dy: number, slice: Size, canvas: Size): ViewTransform {
    const moved = new ViewTransform(this.scale, this.left + dx, this.top + dy, this.aspect);
    return moved.kept(slice, canvas);
  }

  /** Moved as little as is needed for a place to be in sight. */
  showing(spot: Spot, slice: Size, canvas: Size): ViewTransform {
    const { x, y } = this.toPixel(spot);
    const rim = 24;
    const dx = x < rim ? rim - x : Math.min(0, canvas.width - rim - x);
    const dy = y < rim ? rim - y : Math.min(0, canvas.height - rim - y);
    return dx === 0 && dy === 0 ? this : this.panned(dx, dy, slice, canvas);
  }

  /** The middle of the canvas stays within the slice: nobody loses it. */
  private kept(slice: Size, canvas: Size): ViewTransform {
    const [midX, midY] = [canvas.width / 2, canvas.height / 2];
    const left = Math.min(midX, Math.max(midX - slice.width * this.scale, this.left));
    const top = Math.min(midY, Math.max(midY - slice.height * this.scaleY, this.top));
    return new ViewTransform(this.scale, left, top, this.aspect);
  }
}

function fitting(slice: Size, canvas: Size, aspect: number): number {
  const across = canvas.width / slice.width;
  const down = canvas.height / (slice.height * aspect);
  return Math.max(1e-3, Math.min(across, down) * MARGIN);
}
