/** Which synapse is open in Neuroglancer, over the grid. */

import { signal } from "@preact/signals";

import { list, object, text } from "../../core/frontend/readers";
import type { TileModel } from "./tile_model";

export class ViewerPanel {
  readonly tile = signal<TileModel | null>(null);

  get isOpen(): boolean {
    return this.tile.value !== null;
  }

  open(tile: TileModel): void {
    this.tile.value = tile;
  }

  close(): void {
    this.tile.value = null;
  }
}

/** What the server says of an instance: the page that shows it, and what is not to be seen there. */
export interface View {
  readonly address: string;
  readonly problems: readonly { readonly layer: string; readonly sentence: string }[];
}

const parse = object({ address: text, problems: list(object({ layer: text, sentence: text })) });

/** Reads the answer. Throws where it is not as it should be. */
export function parseView(body: unknown): View {
  return parse(body, "view");
}

/** Where the server is asked for an instance. */
export function viewUrl(url: string, item: number): string {
  return `${url}?item=${item}`;
}
