/** Keeps the canvas of one tile up to date with its model and with the overlay settings. */

import { effect } from "@preact/signals";

import type { PageImages } from "./page_images";
import type { OverlayPreferences } from "./preferences";
import { TileCanvas } from "./tile_canvas";
import type { TileModel } from "./tile_model";

export class TilePainter {
  private readonly target: TileCanvas;
  private readonly stopEffect: () => void;
  private readonly observer: ResizeObserver;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly tile: TileModel,
    private readonly overlay: OverlayPreferences,
    private readonly images: PageImages,
  ) {
    this.target = new TileCanvas(canvas);
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(canvas);
    this.fit();
    this.stopEffect = effect(() => this.paint());
  }

  stop(): void {
    this.stopEffect();
    this.observer.disconnect();
  }

  private fit(): void {
    const { clientWidth, clientHeight } = this.canvas;
    this.target.resize(clientWidth, clientHeight, window.devicePixelRatio);
    this.paint();
  }

  /** Draws the slice; while it is not decoded, what was drawn before stays. */
  private paint(): void {
    const { tile, overlay } = this;
    const stack = tile.stack.value;
    const slice = tile.slice.value;
    const opacity = overlay.opacity.value;
    const shown = overlay.shown.value;
    void tile.decoded.value; // read, so that newly decoded slices are drawn
    if (stack === null) {
      this.target.clear();
      return;
    }
    const picture = stack.picture(slice);
    if (picture === null) {
      void this.images.decode(tile, slice);
      return;
    }
    const { pre, post, pixelNm, maskArea } = stack;
    const scene = { picture, slice, pre, post, pixelNm, maskArea, overlay: shown, opacity };
    this.target.draw(scene);
    tile.drawn.value = slice;
  }
}
