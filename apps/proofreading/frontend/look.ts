/** How the tiles of the page are looked at: their size, all at a glance, one slice or all. */

import { effect, signal } from "@preact/signals";

import type { Layout } from "./layout";
import type { KeptValues } from "./storage";

const COLUMNS_KEY = "synanno.columns";
export const MOST_COLUMNS = 12;

export class GridLook {
  /** How many columns the person wants; null where all tiles are to fit the window. */
  readonly columns = signal<number | null>(null);
  /** All tiles small, with their labels: what the page looks like as a whole. */
  readonly birdsEye = signal(false);
  /** Whether each tile shows all of its slices. */
  readonly allSlices = signal(false);

  constructor(storage: KeptValues | null = null) {
    const kept = Number(storage?.getItem(COLUMNS_KEY) ?? "");
    this.columns.value = Number.isInteger(kept) && kept >= 1 && kept <= MOST_COLUMNS ? kept : null;
    effect(() => storage?.setItem(COLUMNS_KEY, String(this.columns.value ?? "")));
  }

  /** Larger tiles in fewer columns, or smaller ones in more. */
  resize(by: 1 | -1, present: Layout): void {
    this.birdsEye.value = false;
    this.columns.value = Math.min(MOST_COLUMNS, Math.max(1, present.columns - by));
  }

  fit(): void {
    this.birdsEye.value = false;
    this.columns.value = null;
  }
}
