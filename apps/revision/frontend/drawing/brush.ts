/** Brush and eraser: round, and without gaps however fast the hand is. */

import type { SliceMask, Spot } from "./slice_mask";

export const SMALLEST_BRUSH = 1;
export const LARGEST_BRUSH = 64;

export interface Brush {
  /** How many voxels it is wide. */
  readonly size: number;
  /** Height by width of a voxel: a brush is round in the tissue. */
  readonly aspect: number;
}

/** Where a brush is set down: an odd one on the middle of a voxel, an even one on a corner. */
export function snapped({ x, y }: Spot, size: number): Spot {
  const snap = (value: number) => (size % 2 === 1 ? Math.floor(value) + 0.5 : Math.round(value));
  return { x: snap(x), y: snap(y) };
}

/** Labels what the brush covers on its way: voxels whose centre it reaches. */
export function stroke(mask: SliceMask, from: Spot, to: Spot, brush: Brush, label: 0 | 1): void {
  const { size, aspect } = brush;
  const [start, end] = [snapped(from, size), snapped(to, size)];
  const radius = size / 2;
  const reach = radius / aspect;
  const top = Math.floor(Math.min(start.y, end.y) - reach);
  const bottom = Math.ceil(Math.max(start.y, end.y) + reach);
  const left = Math.max(0, Math.floor(Math.min(start.x, end.x) - radius));
  const right = Math.min(mask.width, Math.ceil(Math.max(start.x, end.x) + radius));
  for (let y = Math.max(0, top); y < Math.min(mask.height, bottom); y += 1) {
    for (let x = left; x < right; x += 1) {
      if (distance({ x: x + 0.5, y: y + 0.5 }, start, end, aspect) <= radius + 1e-9) {
        mask.set(y, x, x + 1, label);
      }
    }
  }
  walk(start, end, (x, y) => mask.set(y, x, x + 1, label));
}

/** The distance of a place from a line, in widths of a voxel. */
function distance(spot: Spot, from: Spot, to: Spot, aspect: number): number {
  const [dx, dy] = [to.x - from.x, (to.y - from.y) * aspect];
  const [x, y] = [spot.x - from.x, (spot.y - from.y) * aspect];
  const square = dx * dx + dy * dy;
  const part = square === 0 ? 0 : Math.max(0, Math.min(1, (x * dx + y * dy) / square));
  return Math.hypot(x - part * dx, y - part * dy);
}

/** Each voxel of a line: also flat voxels, which a small round brush leaves out, have no gaps. */
function walk(from: Spot, to: Spot, visit: (x: number, y: number) => void): void {
  const steps = Math.max(1, Math.ceil(Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y))));
  for (let step = 0; step <= steps; step += 1) {
    const part = step / steps;
    visit(
      Math.floor(from.x + part * (to.x - from.x)),
      Math.floor(from.y + part * (to.y - from.y)),
    );
  }
}
