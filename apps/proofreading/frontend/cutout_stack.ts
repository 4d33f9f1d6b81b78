/** The slices of one cutout: kept as the server sent them, decoded when they are to be drawn. */

import type { Atlas, Remark, SliceArea, SlicePoint, SlicesPart } from "./contract";

/** A rectangle of a decoded bitmap. */
export interface BitmapArea {
  readonly bitmap: ImageBitmap;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** One slice, ready to draw. */
export interface SlicePicture {
  readonly image: BitmapArea;
  readonly mask: BitmapArea | null;
}

interface Decoded {
  readonly image: ImageBitmap;
  readonly mask: ImageBitmap | null;
}

/** Some slices of a cutout beside each other in one picture, with their masks in another. */
export class SliceAtlas {
  private decoding: Promise<void> | null = null;
  private decoded: Decoded | null = null;
  private closed = false;

  constructor(
    private readonly part: SlicesPart,
    private readonly payload: Uint8Array<ArrayBuffer>,
  ) {}

  get slices(): readonly number[] {
    return this.part.slices;
  }

  /** Pixels of memory that the decoded pictures take. */
  get pixels(): number {
    const { image, mask } = this.part;
    return pixelsOf(image) + (mask === null ? 0 : pixelsOf(mask));
  }

  /** Decodes the pictures, once. Rejects with a DOMException when they are damaged. */
  decode(): Promise<void> {
    this.decoding ??= this.decodeFiles();
    return this.decoding;
  }

  /** The slice, or null while it is not decoded. */
  picture(slice: number): SlicePicture | null {
    const index = this.part.slices.indexOf(slice);
    if (index < 0 || this.decoded === null) {
      return null;
    }
    const { image, mask } = this.part;
    return {
      image: areaOf(this.decoded.image, image, index),
      mask: mask && this.decoded.mask && areaOf(this.decoded.mask, mask, index),
    };
  }

  /** Frees the decoded pictures; `decode` brings them back. */
  free(): void {
    this.decoded?.image.close();
    this.decoded?.mask?.close();
    this.decoded = null;
    this.decoding = null;
  }

  /** Frees the pictures for good. */
  close(): void {
    this.closed = true;
    this.free();
  }

  private async decodeFiles(): Promise<void> {
    // A file costs the page a third of a millisecond: most slices are never looked at.
    const bitmapOf = (atlas: Atlas) => createImageBitmap(fileOf(atlas, this.payload));
    const [image, mask] = await Promise.all([
      bitmapOf(this.part.image),
      this.part.mask === null ? null : bitmapOf(this.part.mask),
    ]);
    if (this.closed) {
      image.close();
      mask?.close();
      return;
    }
    this.decoded = { image, mask };
  }
}

/** All slices of a cutout that have arrived so far. */
export class CutoutStack {
  readonly depth: number;
  readonly middle: number;
  readonly pre: SlicePoint | null;
  readonly post: SlicePoint | null;
  readonly maskArea: SliceArea;
  readonly pixelNm: readonly [number, number, number];
  readonly remarks: readonly Remark[];
  /** Pixels of one slice. */
  readonly width: number;
  readonly height: number;
  private readonly atlases: SliceAtlas[] = [];

  constructor(part: SlicesPart, payload: Uint8Array<ArrayBuffer>) {
    this.depth = part.depth;
    this.middle = part.middle;
    this.pre = part.pre;
    this.post = part.post;
    this.maskArea = part.maskArea;
    this.pixelNm = part.pixelNm;
    this.remarks = part.remarks;
    this.width = part.image.width;
    this.height = part.image.height;
    this.add(part, payload);
  }

  add(part: SlicesPart, payload: Uint8Array<ArrayBuffer>): void {
    this.atlases.push(new SliceAtlas(part, payload));
  }

  /** True when every slice has arrived. */
  get complete(): boolean {
    return this.atlases.reduce((count, atlas) => count + atlas.slices.length, 0) >= this.depth;
  }

  /** The atlas that holds the slice, or null when it has not arrived. */
  atlasOf(slice: number): SliceAtlas | null {
    return this.atlases.find((atlas) => atlas.slices.includes(slice)) ?? null;
  }

  /** The slice, or null while it has not arrived or is not decoded. */
  picture(slice: number): SlicePicture | null {
    return this.atlasOf(slice)?.picture(slice) ?? null;
  }

  close(): void {
    for (const atlas of this.atlases) {
      atlas.close();
    }
  }
}

function fileOf(atlas: Atlas, payload: Uint8Array<ArrayBuffer>): Blob {
  const bytes = payload.subarray(atlas.offset, atlas.offset + atlas.length);
  return new Blob([bytes], { type: atlas.type });
}

function pixelsOf(atlas: Atlas): number {
  return atlas.width * atlas.columns * atlas.height * atlas.rows;
}

function areaOf(bitmap: ImageBitmap, atlas: Atlas, index: number): BitmapArea {
  const { width, height, columns } = atlas;
  const x = (index % columns) * width;
  const y = Math.floor(index / columns) * height;
  return { bitmap, x, y, width, height };
}
