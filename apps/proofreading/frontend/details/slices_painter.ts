/** Keeps canvases up to date that show slices of one tile: a sheet of all, or the one stepped to. */

import { effect } from "@preact/signals";

import type { CutoutStack } from "../cutout_stack";
import type { PageImages } from "../page_images";
import type { OverlayPreferences } from "../preferences";
import { TileCanvas, type Scene } from "../tile_canvas";
import type { TileModel } from "../tile_model";

export class SlicesPainter {
  private readonly targets: readonly TileCanvas[];
  private readonly observer: ResizeObserver;
  private readonly stopEffect: () => void;

  /** `isSheet`: the canvases show the slices in their order; else the first shows the present one.
      `onWidth` hears how wide a canvas is, in CSS pixels. */
  constructor(
    private readonly canvases: readonly HTMLCanvasElement[],
    private readonly isSheet: boolean,
    private readonly tile: TileModel,
    private readonly overlay: OverlayPreferences,
    private readonly images: PageImages,
    private readonly onWidth: (cssPx: number) => void,
  ) {
    this.targets = canvases.map((canvas) => new TileCanvas(canvas));
    this.observer = new ResizeObserver(() => this.fit());
    for (const canvas of canvases) {
      this.observer.observe(canvas);
    }
    this.fit();
    this.stopEffect = effect(() => this.paint());
  }

  stop(): void {
    this.stopEffect();
    this.observer.disconnect();
  }

  private fit(): void {
    this.canvases.forEach(({ clientWidth, clientHeight }, index) =>
      this.targets[index]?.resize(clientWidth, clientHeight, window.devicePixelRatio),
    );
    this.onWidth(this.canvases[0]?.clientWidth ?? 0);
    this.paint();
  }

  /** Draws what is decoded, and has the rest decoded: slices that lie in one picture together. */
  private paint(): void {
    const { tile } = this;
    const stack = tile.stack.value;
    const chosen = tile.slice.value;
    void tile.decoded.value; // read, so that newly decoded slices are drawn
    const missing = new Map<unknown, number>();
    this.targets.forEach((target, index) => {
      const slice = this.isSheet ? index : chosen;
      const scene = stack === null ? null : this.sceneOf(stack, slice);
      if (scene !== null) {
        target.draw(scene);
      } else if (stack === null) {
        target.clear();
      } else if (stack.atlasOf(slice) !== null) {
        missing.set(stack.atlasOf(slice), slice);
      }
    });
    for (const slice of missing.values()) {
      void this.images.decode(tile, slice);
    }
  }

  private sceneOf(stack: CutoutStack, slice: number): Scene | null {
    const { tile, overlay } = this;
    const layers = overlay.layers.value;
    const opacity = overlay.opacityOf(tile);
    const view = tile.view.value;
    const picture = stack.picture(slice);
    if (picture === null) {
      return null;
    }
    const { pre, post, pixelNm, maskArea } = stack;
    const scene = { picture, slice, pre, post, pixelNm, maskArea, layers, opacity };
    return this.isSheet ? scene : { ...scene, view };
  }
}
