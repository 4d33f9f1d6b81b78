/** Overlay settings; the opacity is kept in this browser from day to day. */

import { effect, signal } from "@preact/signals";

const OPACITY_KEY = "synanno.mask-opacity";
const DEFAULT_OPACITY = 0.4;
const OPACITY_STEP = 0.1;

export class OverlayPreferences {
  /** Whether masks and points are drawn at all. */
  readonly shown = signal(true);
  /** Opacity of the masks, 0 to 1, in steps of 0.1. */
  readonly opacity = signal(DEFAULT_OPACITY);

  constructor(storage: Pick<Storage, "getItem" | "setItem">) {
    this.setOpacity(Number(storage.getItem(OPACITY_KEY) ?? DEFAULT_OPACITY));
    effect(() => storage.setItem(OPACITY_KEY, String(this.opacity.value)));
  }

  toggle(): void {
    this.shown.value = !this.shown.value;
  }

  /** Changes the opacity by whole steps and shows the overlay, so that the change is seen. */
  changeOpacity(steps: number): void {
    this.setOpacity(this.opacity.value + steps * OPACITY_STEP);
  }

  setOpacity(opacity: number): void {
    const known = Number.isFinite(opacity) ? opacity : DEFAULT_OPACITY;
    this.opacity.value = Math.round(Math.min(1, Math.max(0, known)) * 10) / 10;
    this.shown.value = true;
  }
}
