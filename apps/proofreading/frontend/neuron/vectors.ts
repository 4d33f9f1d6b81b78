/** Reckoning with places and directions in space; x, y, z. */

import type { Triple } from "./contract";

export function plus(one: Triple, other: Triple): Triple {
  return [one[0] + other[0], one[1] + other[1], one[2] + other[2]];
}

export function minus(one: Triple, other: Triple): Triple {
  return [one[0] - other[0], one[1] - other[1], one[2] - other[2]];
}

export function times(factor: number, [x, y, z]: Triple): Triple {
  return [factor * x, factor * y, factor * z];
}

/** Part by part. */
export function eachTimes(one: Triple, other: Triple): Triple {
  return [one[0] * other[0], one[1] * other[1], one[2] * other[2]];
}

export function eachOver(one: Triple, other: Triple): Triple {
  return [one[0] / other[0], one[1] / other[1], one[2] / other[2]];
}

export function dot(one: Triple, other: Triple): number {
  return one[0] * other[0] + one[1] * other[1] + one[2] * other[2];
}

export function distance(one: Triple, other: Triple): number {
  return Math.hypot(...minus(one, other));
}

/** The same direction with length 1; null where it has none. */
export function unit(vector: Triple): Triple | null {
  const length = Math.hypot(...vector);
  return length > 1e-9 ? times(1 / length, vector) : null;
}
