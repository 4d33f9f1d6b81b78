/** Which synapse is open in detail, and how: all slices beside each other, or one at a time. */

import { signal } from "@preact/signals";

import type { TileModel } from "../tile_model";

export class DetailsPanel {
  /** What is open; null while the window is closed. */
  readonly on = signal<TileModel | null>(null);
  /** A note that is being written, and of what; null where none is. */
  readonly draft = signal<{ readonly tile: TileModel; readonly note: string } | null>(null);
  /** Whether one slice is shown at a time. */
  readonly isSingle = signal(false);

  get isOpen(): boolean {
    return this.on.value !== null;
  }

  open(tile: TileModel): void {
    this.on.value = tile;
  }

  close(): void {
    this.on.value = null;
  }
}
