/**
 * Brings the slices of a page's tiles, and asks again for those that are not there yet.
 *
 * A tile first needs its middle slice, then the rest of its stack. The lease brings the middles;
 * everything that is missing after it is asked for here, tile by tile, with growing pauses.
 */

import { backoffMs } from "../../core/frontend/backoff";
import type { Frame } from "../../core/frontend/frames";
import { isTransient } from "../../core/frontend/http";
import { whenIdle } from "../../core/frontend/idle";
import { LEFT } from "../../core/frontend/leaving";
import { parseTilePart, type SlicesPart, type TilePart } from "./contract";
import { BitmapBudget } from "./bitmap_budget";
import { CutoutStack } from "./cutout_stack";
import type { TileModel } from "./tile_model";

export const DAMAGED_PICTURE = "The picture of this synapse arrived damaged.";

/** Due time of a tile that has been asked for and has not been answered yet. */
const ASKED = Number.POSITIVE_INFINITY;
const UNANSWERED_RETRY_MS = 500;
const DAMAGED_RETRY_MS = 2000;

export type FetchFrames = (url: string, signal: AbortSignal) => AsyncGenerator<Frame>;

interface Wanted {
  readonly tile: TileModel;
  part: "middle" | "rest";
  failures: number;
  dueAtMs: number;
}

export class PageImages {
  /** By cutout: two rows of a table may lie at one place, so that tiles share a picture. */
  private readonly wanted = new Map<string, Wanted[]>();
  private readonly budget = new BitmapBudget();
  private readonly stopping = new AbortController();
  private timer: ReturnType<typeof setTimeout> | null = null;
  private asking = false;
  private halted = false;

  constructor(
    private readonly tiles: readonly TileModel[],
    private readonly urls: { readonly tiles: string; readonly stacks: string },
    private readonly fetchFrames: FetchFrames,
    private readonly onTrouble: (error: unknown) => void,
  ) {
    for (const tile of tiles) {
      this.want(tile);
    }
  }

  /** Takes in a frame about a cutout. Throws FieldError when it is not one. */
  accept(frame: Frame): void {
    const part = parseTilePart(frame.header);
    // The server sends whole pages: a tile that is complete is wanted no longer.
    for (const wanted of [...(this.wanted.get(part.key) ?? [])]) {
      this.take(wanted, part, frame.payload);
    }
  }

  private take(wanted: Wanted, part: TilePart, payload: Uint8Array<ArrayBuffer>): void {
    const { tile } = wanted;
    switch (part.part) {
      case "middle":
      case "rest":
        this.takeSlices(wanted, part, payload);
        break;
      case "no slices":
        if (wanted.part === "rest") {
          this.drop(wanted);
        }
        break;
      case "unreadable":
        tile.markUnreadable(part.sentence);
        this.postpone(wanted, part.retryAfterS * 1000);
        break;
      case "pending":
        tile.markLoading();
        this.postpone(wanted, part.retryAfterS * 1000);
        break;
    }
  }

  /** Says that the lease has brought its frames: what is missing is now asked for. */
  start(): void {
    this.arm();
  }

  /** Asks for a tile at once, because the person wants it. */
  retryNow(tile: TileModel): void {
    for (const wanted of this.wanted.get(tile.cutout) ?? []) {
      wanted.failures = 0;
      wanted.dueAtMs = 0;
      wanted.tile.markLoading();
    }
    this.arm();
  }

  /** Decodes the slices beside the one that is shown, because the person may step to them. */
  prepare(tile: TileModel): void {
    const slice = tile.slice.peek();
    for (const beside of [slice - 1, slice + 1]) {
      if (tile.stack.peek()?.picture(beside) === null) {
        void this.decode(tile, beside);
      }
    }
  }

  /** Makes a slice of the tile drawable; the tile's `decoded` tells when it is. */
  async decode(tile: TileModel, slice: number): Promise<void> {
    const atlas = tile.stack.peek()?.atlasOf(slice) ?? null;
    if (atlas === null || this.stopping.signal.aborted) {
      return;
    }
    try {
      await atlas.decode();
    } catch (error) {
      if (!(error instanceof DOMException)) {
        throw error;
      }
      this.wantAgain(tile);
      return;
    }
    if (!this.stopping.signal.aborted) {
      this.budget.use(atlas);
      tile.decoded.value += 1;
    }
  }

  /** Goes on after a trouble that the person has resolved, such as a login that had expired. */
  resume(): void {
    this.halted = false;
    this.arm();
  }

  /** Ends all requests, and frees all pictures as soon as the browser has shown the next page. */
  stop(): void {
    this.stopping.abort(LEFT);
    if (this.timer !== null) {
      clearTimeout(this.timer);
    }
    this.budget.clear();
    whenIdle(() => {
      for (const tile of this.tiles) {
        tile.release();
      }
    });
  }

  private takeSlices(wanted: Wanted, part: SlicesPart, payload: Uint8Array<ArrayBuffer>): void {
    const { tile } = wanted;
    if (part.part !== wanted.part) {
      return;
    }
    if (part.part === "middle") {
      tile.show(new CutoutStack(part, payload));
      void this.decode(tile, part.middle);
    } else {
      tile.add(part, payload);
    }
    if (tile.stack.peek()?.complete === true) {
      this.drop(wanted);
      return;
    }
    wanted.part = "rest";
    wanted.failures = 0;
    wanted.dueAtMs = 0;
  }

  /** Starts over with a tile whose pictures cannot be decoded. */
  private wantAgain(tile: TileModel): void {
    tile.close();
    tile.markUnreadable(DAMAGED_PICTURE);
    for (const wanted of this.wanted.get(tile.cutout) ?? []) {
      if (wanted.tile === tile) {
        this.drop(wanted);
      }
    }
    this.postpone(this.want(tile), DAMAGED_RETRY_MS);
    this.arm();
  }

  private want(tile: TileModel): Wanted {
    const wanted: Wanted = { tile, part: "middle", failures: 0, dueAtMs: 0 };
    this.wanted.set(tile.cutout, [...(this.wanted.get(tile.cutout) ?? []), wanted]);
    return wanted;
  }

  private drop(wanted: Wanted): void {
    const { cutout } = wanted.tile;
    const others = (this.wanted.get(cutout) ?? []).filter((each) => each !== wanted);
    if (others.length > 0) {
      this.wanted.set(cutout, others);
    } else {
      this.wanted.delete(cutout);
    }
  }

  private postpone(wanted: Wanted, firstMs: number): void {
    const now = performance.now();
    if (wanted.dueAtMs > now && wanted.dueAtMs !== ASKED) {
      return; // the same answer came for each of the tiles that share the cutout
    }
    wanted.failures += 1;
    wanted.dueAtMs = now + backoffMs(wanted.failures, firstMs);
  }

  /** Sets the timer for the tile that is due next. */
  private arm(): void {
    if (this.asking || this.halted || this.stopping.signal.aborted || this.wanted.size === 0) {
      return;
    }
    const dueAtMs = Math.min(...[...this.wanted.values()].flat().map((each) => each.dueAtMs));
    if (this.timer !== null) {
      clearTimeout(this.timer);
    }
    const inMs = Math.max(0, dueAtMs - performance.now());
    this.timer = setTimeout(() => void this.ask(), inMs);
  }

  private async ask(): Promise<void> {
    const now = performance.now();
    const due = [...this.wanted.values()].flat().filter((each) => each.dueAtMs <= now);
    this.timer = null;
    this.asking = true;
    try {
      await this.askFor(due.filter((each) => each.part === "middle"), this.urls.tiles);
      await this.askFor(due.filter((each) => each.part === "rest"), this.urls.stacks);
    } catch (error) {
      this.heed(error);
    } finally {
      this.asking = false;
    }
    for (const each of due.filter((one) => one.dueAtMs === ASKED)) {
      this.postpone(each, UNANSWERED_RETRY_MS);
    }
    this.arm();
  }

  private async askFor(wanted: readonly Wanted[], url: string): Promise<void> {
    if (wanted.length === 0) {
      return;
    }
    for (const each of wanted) {
      each.dueAtMs = ASKED;
    }
    const items = wanted.map((each) => each.tile.item).join(",");
    const frames = this.fetchFrames(`${url}?items=${items}`, this.stopping.signal);
    for await (const frame of frames) {
      if (this.stopping.signal.aborted) {
        return;
      }
      this.accept(frame);
    }
  }

  /** Transient troubles are met by asking again; others are for the person to resolve. */
  private heed(error: unknown): void {
    if (this.stopping.signal.aborted || isTransient(error)) {
      return;
    }
    this.halted = true;
    this.onTrouble(error);
  }
}
