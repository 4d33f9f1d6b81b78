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
  private readonly observer: ResizeObserver;
  private stopEffect: () => void = () => undefined;
  private repaint: () => void = () => undefined;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly overlay: OverlayPreferences,
    private readonly look: GridLook,
  ) {
    this.target = new TileCanvas(canvas);
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(canvas);
    this.fit();
  }

  /** Shows this tile from now on, and nothing of the one before. */
  follow(tile: TileModel, images: PageImages): void {
    this.stopEffect();
    this.target.clear();
    this.repaint = () => this.paint(tile, images);
    this.stopEffect = effect(this.repaint);
  }

  stop(): void {
    this.stopEffect();
    this.observer.disconnect();
  }

  private fit(): void {
    const { clientWidth, clientHeight } = this.canvas;
    this.target.resize(clientWidth, clientHeight, window.devicePixelRatio);
    this.repaint();
  }

  /** Draws the slice, or all; while it is not decoded, what was drawn before stays. */
  private paint(tile: TileModel, images: PageImages): void {
    const stack = tile.stack.value;
    const slice = tile.slice.value;
    const isSheet = this.look.allSlices.value;
    const { value: view } = tile.view;
    void tile.decoded.value; // read, so that newly decoded slices are drawn
    if (stack === null) {
      this.target.clear();
      return;
    }
    const scene = this.sceneOf(tile, stack, slice);
    if (isSheet) {
      this.paintSheet(tile, images, stack, slice);
    } else if (scene === null) {
      void images.decode(tile, slice);
      return;
    } else {
      this.target.draw({ ...scene, view });
    }
    tile.drawn.value = slice;
  }

  private paintSheet(
    tile: TileModel,
    images: PageImages,
    stack: CutoutStack,
    chosen: number,
  ): void {
    const cells = Array.from({ length: stack.depth }, (_, slice) => ({
      scene: this.sceneOf(tile, stack, slice),
      isChosen: slice === chosen,
    }));
    this.target.drawSheet(cells);
    const missing = cells.flatMap(({ scene }, slice) => (scene === null ? [slice] : []));
    const ofEachAtlas = new Map(missing.map((slice) => [stack.atlasOf(slice), slice]));
    for (const slice of ofEachAtlas.values()) {
      void images.decode(tile, slice);
    }
  }

  /** What is to be drawn of a slice; null while it is not decoded. */
  private sceneOf(tile: TileModel, stack: CutoutStack, slice: number): Scene | null {
    const { overlay } = this;
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
