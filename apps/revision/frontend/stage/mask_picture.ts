/** A mask as a picture of its own voxels, a pixel for each, to be drawn larger without smoothing. */

import type { SliceMask } from "../drawing/slice_mask";
import type { Colour } from "./colours";

/**
 * The picture has a rim of one empty voxel: its own border, which a browser blends when it lies
 * between pixels, is then never that of the mask.
 */
export const RIM = 1;

export class MaskPicture {
  private readonly canvas = document.createElement("canvas");

  constructor(private readonly colour: Colour) {}

  /** Draws the mask where its voxel (0, 0) begins at `left`, `top`, each as large as it is scaled. */
  draw(
    context: CanvasRenderingContext2D,
    mask: SliceMask,
    place: { readonly left: number; readonly top: number; readonly scale: number; readonly scaleY: number },
  ): void {
    this.fill(mask);
    const { width, height } = this.canvas;
    const { left, top, scale, scaleY } = place;
    context.imageSmoothingEnabled = false;
    context.drawImage(
      this.canvas,
      left - RIM * scale,
      top - RIM * scaleY,
      width * scale,
      height * scaleY,
    );
  }

  private fill(mask: SliceMask): void {
    const { canvas } = this;
    const [width, height] = [mask.width + 2 * RIM, mask.height + 2 * RIM];
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    const context = canvas.getContext("2d");
    if (context === null) {
      return;
    }
    const pixels = context.createImageData(width, height);
    const [red, green, blue] = this.colour;
    for (let y = 0; y < mask.height; y += 1) {
      for (let x = 0; x < mask.width; x += 1) {
        if (mask.labels[y * mask.width + x] === 1) {
          pixels.data.set([red, green, blue, 255], 4 * ((y + RIM) * width + x + RIM));
        }
      }
    }
    context.putImageData(pixels, 0, 0);
  }
}
