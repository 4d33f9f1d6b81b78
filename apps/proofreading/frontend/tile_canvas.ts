/** Draws one slice of a cutout: gray EM, tinted mask, pre and post points. */

import type { SliceArea, SlicePoint } from "./contract";
import type { BitmapArea, SlicePicture } from "./cutout_stack";

export const MASK_COLOUR = "#ff00ff";
export const PRE_COLOUR = "#00ff00";
export const POST_COLOUR = "#0000ff";
export const PRE_MUTED = "#c8ffc8";
export const POST_MUTED = "#c8c8ff";

const POINT_RADIUS_CSS_PX = 5;

export interface Scene {
  readonly picture: SlicePicture;
  readonly slice: number;
  readonly pre: SlicePoint | null;
  readonly post: SlicePoint | null;
  /** Size of an image pixel along x, y and z, in nm. */
  readonly pixelNm: readonly [number, number, number];
  /** Where the mask lies, in image pixels. */
  readonly maskArea: SliceArea;
  readonly overlay: boolean;
  /** Opacity of the mask, 0 to 1. */
  readonly opacity: number;
}

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The largest rectangle with the proportions of `width` × `height`, centred in a box. */
export function fitInside(
  width: number,
  height: number,
  boxWidth: number,
  boxHeight: number,
): Rectangle {
  const scale = Math.min(boxWidth / width, boxHeight / height);
  const fitted = { width: width * scale, height: height * scale };
  return { x: (boxWidth - fitted.width) / 2, y: (boxHeight - fitted.height) / 2, ...fitted };
}

/** Where a part of an image lies when the whole image is drawn at `place`. */
export function placeWithin(
  area: SliceArea,
  image: { readonly width: number; readonly height: number },
  place: Rectangle,
): Rectangle {
  const across = place.width / image.width;
  const down = place.height / image.height;
  return {
    x: place.x + area.x * across,
    y: place.y + area.y * down,
    width: area.width * across,
    height: area.height * down,
  };
}

/** True when the point lies in the slice of this number. */
export function isOnSlice(point: SlicePoint, slice: number): boolean {
  return Math.floor(point.slice) === slice;
}

export class TileCanvas {
  private readonly context: CanvasRenderingContext2D;
  private readonly tint: CanvasRenderingContext2D;
  private ratio = 1;

  constructor(private readonly canvas: HTMLCanvasElement) {
    this.context = contextOf(canvas);
    this.tint = contextOf(document.createElement("canvas"));
  }

  /** Gives the canvas as many pixels as its place on the screen has; this empties it. */
  resize(cssWidth: number, cssHeight: number, devicePixelRatio: number): void {
    this.ratio = devicePixelRatio;
    this.canvas.width = Math.max(1, Math.round(cssWidth * devicePixelRatio));
    this.canvas.height = Math.max(1, Math.round(cssHeight * devicePixelRatio));
  }

  clear(): void {
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  draw(scene: Scene): void {
    const { image, mask } = scene.picture;
    const [xNm, yNm] = scene.pixelNm;
    const { width, height } = this.canvas;
    const place = fitInside(image.width * xNm, image.height * yNm, width, height);
    this.clear();
    this.context.imageSmoothingEnabled = true;
    this.context.imageSmoothingQuality = "high";
    drawArea(this.context, image, place);
    if (!scene.overlay) {
      return;
    }
    if (mask !== null) {
      const area = placeWithin(scene.maskArea, image, place);
      this.drawMask(mask, area, place, scene.opacity);
    }
    this.drawPoints(scene, place);
  }

  private drawMask(mask: BitmapArea, area: Rectangle, place: Rectangle, opacity: number): void {
    const { canvas } = this.tint;
    canvas.width = mask.width;
    canvas.height = mask.height;
    drawArea(this.tint, mask, { x: 0, y: 0, width: mask.width, height: mask.height });
    this.tint.globalCompositeOperation = "source-in";
    this.tint.fillStyle = MASK_COLOUR;
    this.tint.fillRect(0, 0, mask.width, mask.height);
    this.context.save();
    // The outermost voxels of the mask may reach beyond the image.
    this.context.beginPath();
    this.context.rect(place.x, place.y, place.width, place.height);
    this.context.clip();
    // A mask is a label: its pixels keep their hard edges.
    this.context.imageSmoothingEnabled = false;
    this.context.globalAlpha = opacity;
    this.context.drawImage(canvas, area.x, area.y, area.width, area.height);
    this.context.restore();
  }

  private drawPoints(scene: Scene, place: Rectangle): void {
    const { image } = scene.picture;
    const draw = (
      point: SlicePoint | null,
      colour: string,
      muted: string,
      shape: (context: CanvasRenderingContext2D, x: number, y: number, radius: number) => void,
    ) => {
      if (point === null || !isInside(point, image)) {
        return;
      }
      const here = isOnSlice(point, scene.slice);
      const x = place.x + (point.x / image.width) * place.width;
      const y = place.y + (point.y / image.height) * place.height;
      this.context.save();
      this.context.beginPath();
      shape(this.context, x, y, POINT_RADIUS_CSS_PX * this.ratio);
      this.context.fillStyle = here ? colour : muted;
      this.context.strokeStyle = here ? "#ffffff" : "#4d4d4d";
      this.context.lineWidth = (here ? 1.5 : 1) * this.ratio;
      this.context.globalAlpha = here ? 1 : 0.75;
      this.context.fill();
      this.context.stroke();
      this.context.restore();
    };
    draw(scene.pre, PRE_COLOUR, PRE_MUTED, disc);
    draw(scene.post, POST_COLOUR, POST_MUTED, diamond);
  }
}

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext("2d");
  if (context === null) {
    throw new Error("This browser has no 2-D canvas.");
  }
  return context;
}

function drawArea(
  context: CanvasRenderingContext2D,
  area: BitmapArea,
  place: Rectangle,
): void {
  context.drawImage(
    area.bitmap,
    area.x,
    area.y,
    area.width,
    area.height,
    place.x,
    place.y,
    place.width,
    place.height,
  );
}

function isInside(point: SlicePoint, image: BitmapArea): boolean {
  return point.x >= 0 && point.y >= 0 && point.x <= image.width && point.y <= image.height;
}

function disc(context: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  context.arc(x, y, radius, 0, 2 * Math.PI);
}

/** The post point has another shape, so that the two are not told apart by colour alone. */
function diamond(context: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  const reach = radius * 1.25;
  context.moveTo(x, y - reach);
  context.lineTo(x + reach, y);
  context.lineTo(x, y + reach);
  context.lineTo(x - reach, y);
  context.closePath();
}
