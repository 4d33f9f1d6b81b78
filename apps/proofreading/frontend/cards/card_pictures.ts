/** Brings the pictures of the cards that are in sight, and lets go of the others: of ten thousand
 * cards a handful is in memory. */

import { signal } from "@preact/signals";

import { PageImages, type FetchFrames } from "../page_images";
import type { TileModel } from "../tile_model";
import type { Card } from "./card";

/** Who scrolls past asks for nothing. */
const RESTING_MS = 80;

/** Cards of a page that came into sight together. */
interface Group {
  readonly images: PageImages;
  readonly tiles: Set<TileModel>;
}

export class CardPictures {
  private readonly groups = new Map<TileModel, Group>();
  private readonly changes = signal(0);
  private wanted: readonly Card[] = [];
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly fetchFrames: FetchFrames,
    private readonly onTrouble: (error: unknown) => void,
  ) {}

  /** How many cards have their pictures in memory, or on their way. */
  get count(): number {
    return this.groups.size;
  }

  /** What brings the pictures of this card; null until it has been in sight for a moment. */
  imagesOf(tile: TileModel): PageImages | null {
    void this.changes.value; // read, so that who draws hears of it
    return this.groups.get(tile)?.images ?? null;
  }

  /** Says which cards are in sight now. */
  show(cards: readonly Card[]): void {
    this.wanted = cards;
    this.timer ??= setTimeout(() => this.settle(), RESTING_MS);
  }

  /** Goes on after a trouble that the person has resolved. */
  resume(): void {
    for (const images of new Set([...this.groups.values()].map((group) => group.images))) {
      images.resume();
    }
  }

  stop(): void {
    if (this.timer !== null) {
      clearTimeout(this.timer);
    }
    this.wanted = [];
    this.settle();
  }

  private settle(): void {
    this.timer = null;
    const inSight = new Set(this.wanted.map(({ tile }) => tile));
    const gone = [...this.groups.keys()].filter((tile) => !inSight.has(tile));
    const come = this.wanted.filter(({ tile }) => !this.groups.has(tile));
    gone.forEach((tile) => this.letGo(tile));
    for (const cards of byPage(come)) {
      this.bring(cards);
    }
    if (gone.length > 0 || come.length > 0) {
      this.changes.value += 1;
    }
  }

  private bring(cards: readonly Card[]): void {
    const tiles = cards.map(({ tile }) => tile);
    const urls = cards[0]?.page.urls;
    if (urls === undefined) {
      return;
    }
    const images = new PageImages(tiles, urls, this.fetchFrames, this.onTrouble);
    const group = { images, tiles: new Set(tiles) };
    tiles.forEach((tile) => this.groups.set(tile, group));
    images.start();
  }

  /** Others of its group may still be in sight: its requests end with the last of them. */
  private letGo(tile: TileModel): void {
    const group = this.groups.get(tile);
    this.groups.delete(tile);
    group?.tiles.delete(tile);
    if (group?.tiles.size === 0) {
      group.images.stop();
    }
    tile.close();
  }
}

function byPage(cards: readonly Card[]): Iterable<readonly Card[]> {
  const pages = new Map<number, Card[]>();
  for (const card of cards) {
    const { pageId } = card.page;
    pages.set(pageId, [...(pages.get(pageId) ?? []), card]);
  }
  return pages.values();
}
