/** Curves that are drawn and not filled yet, kept in the browser from one loading to the next. */

import type { KeptValues } from "../../../proofreading/frontend/storage";
import type { Spot } from "../drawing/slice_mask";

export type CurveOfSlice = readonly [z: number, points: readonly Spot[]];

export class KeptCurves {
  constructor(
    private readonly storage: KeptValues,
    private readonly place: string,
  ) {}

  /** None where what is kept was damaged, or is of another version of this page. */
  read(): readonly CurveOfSlice[] {
    try {
      const kept: unknown = JSON.parse(this.storage.getItem(this.place) || "[]");
      return Array.isArray(kept) ? kept.filter(isCurve) : [];
    } catch (error) {
      if (error instanceof SyntaxError) {
        return [];
      }
      throw error;
    }
  }

  write(curves: readonly CurveOfSlice[]): void {
    if (curves.length === 0) {
      this.forget();
    } else {
      this.storage.setItem(this.place, JSON.stringify(curves));
    }
  }

  forget(): void {
    this.storage.removeItem?.(this.place);
  }
}

function isCurve(source: unknown): source is CurveOfSlice {
  if (!Array.isArray(source) || !Number.isInteger(source[0]) || !Array.isArray(source[1])) {
    return false;
  }
  return source[1].every((spot) => Number.isFinite(spot?.x) && Number.isFinite(spot?.y));
}
