/** Keeps the canvas of one tile up to date with its model and with the overlay settings. */

import { effect } from "@preact/signals";

import type { CutoutStack } from "./cutout_stack";
import type { GridLook } from "./look";
import type { PageImages } from "./page_images";
import type { OverlayPreferences } from "./preferences";
import { TileCanvas, type Scene } from "./tile_canvas";
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
    private readonly look: GridLook,
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

  /** Draws the slice, or all; while it is not decoded, what was drawn before stays. */
  private paint(): void {
    const { tile } = this;
    const stack = tile.stack.value;
    const slice = tile.slice.value;
    const isSheet = this.look.allSlices.value;
    const { value: view } = tile.view;
    void tile.decoded.value; // read, so that newly decoded slices are drawn
    if (stack === null) {
      this.target.clear();
      return;
    }
    const scene = this.sceneOf(stack, slice);
    if (isSheet) {
      this.paintSheet(stack, slice);
    } else if (scene === null) {
      void this.images.decode(tile, slice);
      return;
    } else {
      this.target.draw({ ...scene, view });
    }
    tile.drawn.value = slice;
  }

  private paintSheet(stack: CutoutStack, chosen: number): void {
    const cells = Array.from({ length: stack.depth }, (_, slice) => ({
      scene: this.sceneOf(stack, slice),
      isChosen: slice === chosen,
    }));
    this.target.drawSheet(cells);
    const missing = cells.flatMap(({ scene }, slice) => (scene === null ? [slice] : []));
    const ofEachAtlas = new Map(missing.map((slice) => [stack.atlasOf(slice), slice]));
    for (const slice of ofEachAtlas.values()) {
      void this.images.decode(this.tile, slice);
    }
  }

  /** What is to be drawn of a slice; null while it is not decoded. */
  private sceneOf(stack: CutoutStack, slice: number): Scene | null {
    const { tile, overlay } = this;
    const layers = overlay.layers.value;
    const opacity = overlay.opacityOf(tile);
    const picture = stack.picture(slice);
    if (picture === null) {
      return null;
    }
    const { pre, post, pixelNm, maskArea } = stack;
    return { picture, slice, pre, post, pixelNm, maskArea, layers, opacity };
  }
}
