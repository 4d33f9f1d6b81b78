/** What of a picture is drawn, and how strongly; the opacity is kept in this browser. */

import { computed, effect, signal, type Signal } from "@preact/signals";

const OPACITY_KEY = "synanno.mask-opacity";
const DEFAULT_OPACITY = 0.4;
const OPACITY_STEP = 0.1;

export const LAYERS = ["image", "mask", "points"] as const;
export type Layer = (typeof LAYERS)[number];
export type Layers = Readonly<Record<Layer, boolean>>;

export const ALL_LAYERS: Layers = { image: true, mask: true, points: true };

export class OverlayPreferences {
  /** Which layers are drawn. */
  readonly layers = signal<Layers>(ALL_LAYERS);
  /** Whether something lies over the image. */
  readonly shown = computed(() => this.layers.value.mask || this.layers.value.points);
  /** Opacity of the masks, 0 to 1, in steps of 0.1. */
  readonly opacity = signal(DEFAULT_OPACITY);
  /** What `toggle` brings back. */
  private hidden = { mask: true, points: true };

  constructor(storage: Pick<Storage, "getItem" | "setItem">) {
    this.opacity.value = tenths(Number(storage.getItem(OPACITY_KEY) ?? DEFAULT_OPACITY));
    effect(() => storage.setItem(OPACITY_KEY, String(this.opacity.value)));
  }

  /** Hides masks and points, or shows again those of them that were shown before. */
  toggle(): void {
    const { image, mask, points } = this.layers.value;
    if (this.shown.value) {
      this.hidden = { mask, points };
      this.layers.value = { image, mask: false, points: false };
    } else {
      this.layers.value = { image, ...this.hidden };
    }
  }

  toggleLayer(layer: Layer): void {
    const layers = this.layers.value;
    this.layers.value = { ...layers, [layer]: !layers[layer] };
    if (!this.shown.value) {
      this.hidden = { mask: true, points: true };
    }
  }

  /** Changes the opacity by whole steps and shows the masks, so that the change is seen. */
  changeOpacity(steps: number): void {
    this.setOpacity(this.opacity.value + steps * OPACITY_STEP);
  }

  setOpacity(opacity: number): void {
    this.opacity.value = tenths(opacity);
    this.showMasks();
  }

  /** The opacity of a tile that has one of its own, or that of all. */
  opacityOf(tile: { readonly ownOpacity: Signal<number | null> }): number {
    return tile.ownOpacity.value ?? this.opacity.value;
  }

  /** Changes the opacity of one tile; it then has its own. */
  changeOpacityOf(tile: { readonly ownOpacity: Signal<number | null> }, steps: number): void {
    this.setOpacityOf(tile, this.opacityOf(tile) + steps * OPACITY_STEP);
  }

  setOpacityOf(tile: { readonly ownOpacity: Signal<number | null> }, opacity: number): void {
    tile.ownOpacity.value = tenths(opacity);
    this.showMasks();
  }

  private showMasks(): void {
    const points = this.shown.value ? this.layers.value.points : this.hidden.points;
    this.layers.value = { ...this.layers.value, mask: true, points };
  }
}

function tenths(opacity: number): number {
  const known = Number.isFinite(opacity) ? opacity : DEFAULT_OPACITY;
  return Math.round(Math.min(1, Math.max(0, known)) * 10) / 10;
}
