/** Brings the image below the slices, and the mask that the cleft volume has. */

import { signal } from "@preact/signals";

import { backoffMs, pause } from "../../core/frontend/backoff";
import type { Frame } from "../../core/frontend/frames";
import { isTransient } from "../../core/frontend/http";
import { LEFT } from "../../core/frontend/leaving";
import { parsePicturePart, type ImagePart, type OriginalPart } from "./contract";

const DAMAGED_MS = 2000;

/** A slice of the image: a rectangle of a decoded picture that shows what the slice shows. */
export interface SliceImage {
  readonly bitmap: ImageBitmap;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Why there is no picture yet; empty while it is on its way. */
export type Trouble = string;

export type FetchFrames = (url: string, options: { signal: AbortSignal }) => AsyncGenerator<Frame>;

export class Pictures {
  /** By slice, z of the cleft volume. */
  readonly images = signal<ReadonlyMap<number, SliceImage>>(new Map());
  /** Null until it has come. */
  readonly original = signal<OriginalPart | null>(null);
  readonly trouble = signal<Trouble>("");
  private readonly stopping = new AbortController();
  private readonly bitmaps: ImageBitmap[] = [];
  private waiting = new AbortController();
  private failures = 0;

  constructor(
    private readonly url: string,
    private readonly fetchFrames: FetchFrames,
    /** Hears of what trying again will not change, such as that nobody is logged in. */
    private readonly onTrouble: (error: unknown) => void,
  ) {}

  /** Asks until all has come. */
  async start(): Promise<void> {
    while (!this.stopping.signal.aborted && this.original.peek() === null) {
      const waitMs = await this.ask();
      if (waitMs === null || this.original.peek() !== null) {
        return;
      }
      await this.wait(waitMs);
    }
  }

  /** Asks at once, because the person wants it. */
  retry(): void {
    this.failures = 0;
    this.waiting.abort(LEFT);
  }

  stop(): void {
    this.stopping.abort(LEFT);
    this.waiting.abort(LEFT);
    this.bitmaps.forEach((bitmap) => bitmap.close());
    this.images.value = new Map();
  }

  /** How long to wait before asking again; null where there is no sense in it. */
  private async ask(): Promise<number | null> {
    const { signal } = this.stopping;
    try {
      let waitMs = backoffMs(1);
      for await (const frame of this.fetchFrames(this.url, { signal })) {
        waitMs = Math.max(waitMs, await this.take(frame));
      }
      this.failures = 0;
      return waitMs;
    } catch (error) {
      return this.heed(error);
    }
  }

  private heed(error: unknown): number | null {
    if (this.stopping.signal.aborted) {
      return null;
    }
    if (error instanceof DOMException) {
      this.trouble.value = "The picture arrived damaged.";
      return DAMAGED_MS;
    }
    if (isTransient(error)) {
      this.failures += 1;
      this.trouble.value = error instanceof Error ? error.message : String(error);
      return backoffMs(this.failures);
    }
    this.onTrouble(error);
    return null;
  }

  /** Takes a frame in; how long to wait before what it lacks is asked for. */
  private async take({ header, payload }: Frame): Promise<number> {
    const part = parsePicturePart(header);
    switch (part.part) {
      case "image":
        await this.decode(part, payload);
        return 0;
      case "original":
        this.original.value = part;
        this.trouble.value = "";
        return 0;
      case "unreadable":
        this.trouble.value = part.sentence;
        return part.retryAfterS * 1000;
      case "pending":
        return part.retryAfterS * 1000;
    }
  }

  /** Rejects with a DOMException where the picture is damaged. */
  private async decode(part: ImagePart, payload: Uint8Array<ArrayBuffer>): Promise<void> {
    const { image, area } = part;
    const bytes = payload.subarray(image.offset, image.offset + image.length);
    const bitmap = await createImageBitmap(new Blob([bytes], { type: image.type }));
    if (this.stopping.signal.aborted) {
      bitmap.close();
      return;
    }
    this.bitmaps.push(bitmap);
    const [left = 0, top = 0, width = image.width, height = image.height] = area;
    const images = new Map(this.images.peek());
    part.slices.forEach((z, index) => {
      const x = (index % image.columns) * image.width + left;
      const y = Math.floor(index / image.columns) * image.height + top;
      images.set(z, { bitmap, x, y, width, height });
    });
    this.images.value = images;
  }

  private async wait(ms: number): Promise<void> {
    this.waiting = new AbortController();
    await pause(ms, AbortSignal.any([this.waiting.signal, this.stopping.signal])).catch(() => null);
  }
}
