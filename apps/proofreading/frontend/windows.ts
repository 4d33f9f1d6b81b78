/** Which window lies over the tiles, and what it is about. */

import { batch, computed, signal } from "@preact/signals";

import { DetailsPanel } from "./details/details_panel";
import type { TileModel } from "./tile_model";

/** A window: closed, or open on something. */
export class Window<Subject> {
  /** What it is open on; null while it is closed. */
  readonly on = signal<Subject | null>(null);

  get isOpen(): boolean {
    return this.on.value !== null;
  }

  open(subject: Subject): void {
    this.on.value = subject;
  }

  close(): void {
    this.on.value = null;
  }
}

/** A window that is about nothing in particular. */
export class PlainWindow extends Window<true> {
  override open(): void {
    super.open(true);
  }

  toggle(): void {
    if (this.isOpen) {
      this.close();
    } else {
      this.open();
    }
  }
}

export class Windows {
  readonly help = new PlainWindow();
  readonly skip = new PlainWindow();
  /** Where people choose their own keys. */
  readonly keys = new PlainWindow();
  /** The tile of which somebody is saying what is wrong with it. */
  readonly reasons = new Window<TileModel>();
  /** A synapse in detail. */
  readonly details = new DetailsPanel();
  /** The synapse in Neuroglancer. */
  readonly viewer = new Window<TileModel>();
  /** The whole neuron in 3-D. */
  readonly mesh = new PlainWindow();
  /** Those under which keys of the grid do nothing. A new window is named here. */
  private readonly covering: readonly { readonly isOpen: boolean; readonly close: () => void }[] = [
    this.skip,
    this.keys,
    this.reasons,
    this.details,
    this.viewer,
    this.mesh,
  ];
  /** Windows that are about a tile, and go with its page. */
  private readonly ofPage: readonly { readonly close: () => void }[] = [
    this.reasons,
    this.details,
  ];

  /** Whether keys are for a window. The help heeds the one that closes it. */
  readonly isCovered = computed(() => this.help.isOpen || this.covering.some((one) => one.isOpen));

  /** The page is being turned. */
  leavePage(): void {
    batch(() => {
      for (const one of this.ofPage) {
        one.close();
      }
    });
  }
}
