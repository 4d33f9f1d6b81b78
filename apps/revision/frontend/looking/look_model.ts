/** What was drawn on an instance, to look at: its slices, points, pictures, versions. */

import { signal } from "@preact/signals";

import { isSessionEnd } from "../../../core/frontend/http";
import type { Transport } from "../../../proofreading/frontend/transport";
import { parseEasel, parseVersions, type Easel, type Version } from "../contract";
import { SIDES } from "../markers_model";
import { Pictures } from "../pictures";
import { placeOf } from "../places";
import { SliceBook } from "../slice_book";
import type { PlacedMarker } from "../stage/scene";

export interface LookUrls {
  readonly easel: string;
  readonly picture: string;
  readonly versions: string;
}

export class LookModel {
  /** Null until all has come. */
  readonly book = signal<SliceBook | null>(null);
  /** Of the slice that is shown, the newest first; null while they are asked for. */
  readonly versions = signal<readonly Version[] | null>(null);
  /** The number before which there are earlier ones; null where there are none. */
  readonly before = signal<number | null>(null);
  /** The version that is looked at instead of what holds. */
  readonly version = signal<Version | null>(null);
  /** What went wrong, as a sentence. */
  readonly trouble = signal("");
  readonly pictures: Pictures;
  private turn = 0;

  constructor(
    private readonly urls: LookUrls,
    private readonly transport: Pick<Transport, "getJson" | "getFrames">,
  ) {
    this.pictures = new Pictures(
      urls.picture,
      (url, options) => transport.getFrames(url, options),
      (error) => this.tell(error),
    );
  }

  async open(): Promise<void> {
    try {
      const easel = parseEasel(await this.transport.getJson(this.urls.easel));
      await this.pictures.start();
      const original = this.pictures.original.peek();
      if (original !== null) {
        this.book.value = new SliceBook(easel, original.runs, () => undefined);
        this.book.value.choose(firstToSee(easel));
        await this.bringVersions();
      }
    } catch (error) {
      this.tell(error);
    }
  }

  /** Turns to a slice, as far as there are some. */
  async choose(index: number): Promise<void> {
    if (this.book.peek()?.choose(index) === true) {
      await this.bringVersions();
    }
  }

  async step(by: number): Promise<void> {
    await this.choose((this.book.peek()?.chosen.peek() ?? 0) + by);
  }

  /** The versions of the slice that is shown; those that came before, where there are some. */
  async bringVersions(before: number | null = null): Promise<void> {
    const turn = (this.turn += 1);
    const known = before === null ? null : this.versions.peek();
    this.versions.value = known;
    if (before === null) {
      this.version.value = null;
    }
    const z = this.book.peek()?.slice.peek().z;
    const earlier = before === null ? "" : `&before=${before}`;
    try {
      const url = `${this.urls.versions}?z=${z}${earlier}`;
      const page = parseVersions(await this.transport.getJson(url));
      if (turn === this.turn) {
        this.versions.value = [...(known ?? []), ...page.versions];
        this.before.value = page.before;
      }
    } catch (error) {
      if (turn === this.turn) {
        this.versions.value = known ?? []; // none are on their way
        this.before.value = before;
        this.tell(error);
      }
    }
  }

  private tell(error: unknown): void {
    this.trouble.value =
      isSessionEnd(error)
        ? "You are no longer logged in. Log in, and load this page again."
        : error instanceof Error
          ? error.message
          : String(error);
  }
}

/** The middle slice where somebody drew on it or on none; else the drawn one nearest to it. */
function firstToSee(easel: Easel): number {
  const away = ({ z }: { readonly z: number }) => Math.abs(z - easel.middle_z);
  const drawn = easel.slices.filter(({ number }) => number > 0);
  const nearest = [...drawn].sort((one, other) => away(one) - away(other))[0];
  return easel.slices.findIndex(({ z }) => z === (nearest?.z ?? easel.middle_z));
}

/** Where the points lie, seen from a slice. */
export function placedOn(easel: Easel, z: number): readonly PlacedMarker[] {
  return SIDES.flatMap((side) => {
    const { nm } = easel.markers[side];
    if (nm === null) {
      return [];
    }
    const place = placeOf(easel, nm);
    return [{ side, spot: place.spot, away: place.z - z }];
  });
}
