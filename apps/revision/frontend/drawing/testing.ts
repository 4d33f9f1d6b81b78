/** Helpers of tests: masks as they look, and chance that is the same in every run. */

import { SliceMask, type Spot } from "./slice_mask";

/** A mask from its rows: "#" is cleft. */
export function maskOf(...rows: readonly string[]): SliceMask {
  const labels = rows.flatMap((row) => [...row].map((sign) => (sign === "#" ? 1 : 0)));
  return new SliceMask(rows[0]?.length ?? 0, rows.length, new Uint8Array(labels));
}

export function rowsOf(mask: SliceMask): readonly string[] {
  return Array.from({ length: mask.height }, (_, y) =>
    Array.from({ length: mask.width }, (_, x) => (mask.at(x, y) ? "#" : ".")).join(""),
  );
}

/** Numbers from 0 up to 1 by a linear congruential generator. */
export function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export function spots(count: number, next: () => number, most: number): readonly Spot[] {
  return Array.from({ length: count }, () => ({ x: next() * most, y: next() * most }));
}
