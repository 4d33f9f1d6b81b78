/** Where a person has the neuron in 3-D: in a window over the page, or beside it under the map. */

import { signal } from "@preact/signals";

import type { KeptValues } from "../storage";

const PLACE = "mesh-place";
const OPEN = "mesh-open";

export class MeshPlace {
  /** Beside the page, where that is wide, unless the person has chosen otherwise. */
  readonly isBeside;
  /** Whether it is to be seen there; it is loaded for nobody who has not asked for it. */
  readonly isOpen;

  constructor(
    /** What the person has chosen. */
    private readonly choices: KeptValues,
    isWide: boolean,
  ) {
    const chosen = choices.getItem(PLACE) ?? (isWide ? "beside" : "window");
    this.isBeside = signal(chosen === "beside");
    this.isOpen = signal(choices.getItem(OPEN) === "open");
  }

  /** Puts it beside the page, where it is then to be seen, or into a window. */
  put(isBeside: boolean): void {
    this.isBeside.value = isBeside;
    this.choices.setItem(PLACE, isBeside ? "beside" : "window");
    this.open(isBeside);
  }

  open(isOpen: boolean): void {
    this.isOpen.value = isOpen;
    this.choices.setItem(OPEN, isOpen ? "open" : "closed");
  }
}
