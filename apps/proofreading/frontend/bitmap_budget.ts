/** Bounds the memory of decoded slices: the atlas that was used longest ago is freed first. */

export interface Freeable {
  readonly pixels: number;
  free(): void;
}

/** 64 million pixels, 256 MB: 64 cutouts of 256 × 256 × 16, or 16 of twice that resolution. */
const LIMIT_PIXELS = 64_000_000;

export class BitmapBudget {
  private readonly used = new Set<Freeable>();

  constructor(private readonly limitPixels: number = LIMIT_PIXELS) {}

  /** Notes that an atlas is decoded and in use; frees others while there are too many. */
  use(atlas: Freeable): void {
    this.used.delete(atlas);
    this.used.add(atlas);
    let pixels = 0;
    for (const each of this.used) {
      pixels += each.pixels;
    }
    for (const oldest of this.used) {
      if (pixels <= this.limitPixels || oldest === atlas) {
        return;
      }
      this.used.delete(oldest);
      oldest.free();
      pixels -= oldest.pixels;
    }
  }

  /** Forgets all atlases without freeing them: their owner has closed them. */
  clear(): void {
    this.used.clear();
  }
}
