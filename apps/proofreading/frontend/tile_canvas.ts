/** Draws slices of a cutout: gray EM, tinted mask, pre and post points. */

import type { SliceArea, SlicePoint } from "./contract";
import type { BitmapArea, SlicePicture } from "./cutout_stack";
import { magnified, WHOLE, type View } from "./magnifier";
import { ALL_LAYERS, type Layers } from "./preferences";

export const MASK_COLOUR = "#ff00ff";
export const PRE_COLOUR = "#00ff00";
export const POST_COLOUR = "#0000ff";
export const PRE_MUTED = "#c8ffc8";
export const POST_MUTED = "#c8c8ff";

const POINT_RADIUS_CSS_PX = 5;
/** Of a slice that is drawn small. */
const LARGEST_POINT = 1 / 20;
const SHEET_GAP_CSS_PX = 2;

export interface Scene {
  readonly picture: SlicePicture;
  readonly slice: number;
  readonly pre: SlicePoint | null;
  readonly post: SlicePoint | null;
  /** Size of an image pixel along x, y and z, in nm. */
  readonly pixelNm: readonly [number, number, number];
  /** Where the mask lies, in image pixels. */
  readonly maskArea: SliceArea;
  /** What is drawn; everything where it is left out. */
  readonly layers?: Layers;
  /** Opacity of the mask, 0 to 1. */
  readonly opacity: number;
  /** Which part of it is seen; all where it is left out. */
  readonly view?: View;
}

/** A place on a sheet of slices; `scene` is null while the slice is on its way. */
export interface SheetCell {
  readonly scene: Scene | null;
  readonly isChosen: boolean;
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

/** The places of as many rectangles of the same proportions, close to each other in a box. */
export function sheetPlaces(
  count: number,
  width: number,
  height: number,
  box: { readonly width: number; readonly height: number },
  gap: number,
): readonly Rectangle[] {
  let best = { columns: 1, rows: count, scale: 0 };
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const across = (box.width - gap * (columns - 1)) / (columns * width);
    const down = (box.height - gap * (rows - 1)) / (rows * height);
    const scale = Math.min(across, down);
    if (scale >= best.scale) {
      best = { columns, rows, scale };
    }
  }
  const { columns, rows, scale } = best;
  const cell = { width: width * scale, height: height * scale };
  const left = (box.width - columns * (cell.width + gap) + gap) / 2;
  const top = (box.height - rows * (cell.height + gap) + gap) / 2;
  return Array.from({ length: count }, (_, index) => ({
    x: left + (index % columns) * (cell.width + gap),
    y: top + Math.floor(index / columns) * (cell.height + gap),
    ...cell,
  }));
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
    const { width, height } = this.canvas;
    this.clear();
    this.drawIn(scene, { x: 0, y: 0, width, height });
  }

  /** All slices beside and below each other, in their order, as large as they fit. */
  drawSheet(cells: readonly SheetCell[]): void {
    this.clear();
    const first = cells.find(({ scene }) => scene !== null)?.scene ?? null;
    if (first === null) {
      return;
    }
    const { image } = first.picture;
    const [xNm, yNm] = first.pixelNm;
    const gap = SHEET_GAP_CSS_PX * this.ratio;
    const places = sheetPlaces(cells.length, image.width * xNm, image.height * yNm, this.canvas, gap);
    cells.forEach(({ scene, isChosen }, index) => {
      const place = places[index];
      if (place !== undefined && scene !== null) {
        this.drawIn(scene, place);
      }
      if (place !== undefined && isChosen) {
        this.outline(place);
      }
    });
  }

  private drawIn(scene: Scene, box: Rectangle): void {
    const { image, mask } = scene.picture;
    const { layers = ALL_LAYERS, view = WHOLE } = scene;
    const [xNm, yNm] = scene.pixelNm;
    const fitted = fitInside(image.width * xNm, image.height * yNm, box.width, box.height);
    const inBox = { ...fitted, x: box.x + fitted.x, y: box.y + fitted.y };
    const place = magnified(inBox, view);
    this.context.save();
    this.context.beginPath();
    this.context.rect(inBox.x, inBox.y, inBox.width, inBox.height);
    this.context.clip();
    this.context.imageSmoothingEnabled = true;
    this.context.imageSmoothingQuality = "high";
    if (layers.image) {
      drawArea(this.context, image, place);
    }
    if (layers.mask && mask !== null) {
      const area = placeWithin(scene.maskArea, image, place);
      this.drawMask(mask, area, place, scene.opacity);
    }
    if (layers.points) {
      const largest = LARGEST_POINT * Math.min(inBox.width, inBox.height);
      this.drawPoints(scene, place, Math.min(POINT_RADIUS_CSS_PX * this.ratio, largest));
    }
    this.context.restore();
  }

  private outline({ x, y, width, height }: Rectangle): void {
    const line = 1.5 * this.ratio;
    this.context.strokeStyle = "#ffffff";
    this.context.lineWidth = line;
    this.context.strokeRect(x + line / 2, y + line / 2, width - line, height - line);
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

  private drawPoints(scene: Scene, place: Rectangle, radius: number): void {
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
      shape(this.context, x, y, radius);
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
