/** How far the picture of a tile is magnified, and which part of it is seen. */

import type { Rectangle } from "./tile_canvas";

export interface View {
  /** 1 shows all of the picture. */
  readonly scale: number;
  /** What lies in the middle, as fractions of the picture's width and height. */
  readonly x: number;
  readonly y: number;
}

export const WHOLE: View = { scale: 1, x: 0.5, y: 0.5 };
export const MOST = 8;
const STEP = 1.5;
/** By a key, as a part of what is seen. */
const PAN = 0.15;

export type PanDirection = "left" | "right" | "up" | "down";

/** Magnifies by whole steps; the place `at`, in fractions of the tile, stays where it is. */
export function magnify(view: View, steps: number, at = { x: 0.5, y: 0.5 }): View {
  const scale = Math.min(MOST, Math.max(1, view.scale * STEP ** steps));
  if (scale < 1.01) {
    return WHOLE;
  }
  const shift = 1 / view.scale - 1 / scale;
  return within({ scale, x: view.x + (at.x - 0.5) * shift, y: view.y + (at.y - 0.5) * shift });
}

/** Moves what is seen, by fractions of the tile. */
export function pan(view: View, dx: number, dy: number): View {
  return within({ ...view, x: view.x + dx / view.scale, y: view.y + dy / view.scale });
}

export function panBy(view: View, direction: PanDirection): View {
  const steps = { left: [-PAN, 0], right: [PAN, 0], up: [0, -PAN], down: [0, PAN] } as const;
  const [dx, dy] = steps[direction];
  return pan(view, dx, dy);
}

/** Where the whole picture lies when `place` is where it lies unmagnified. */
export function magnified(place: Rectangle, view: View): Rectangle {
  const width = place.width * view.scale;
  const height = place.height * view.scale;
  return {
    x: place.x + place.width / 2 - view.x * width,
    y: place.y + place.height / 2 - view.y * height,
    width,
    height,
  };
}

/** Nothing beyond the picture is looked at. */
function within({ scale, x, y }: View): View {
  const edge = 0.5 / scale;
  const held = (value: number) => Math.min(1 - edge, Math.max(edge, value));
  return { scale, x: held(x), y: held(y) };
}
