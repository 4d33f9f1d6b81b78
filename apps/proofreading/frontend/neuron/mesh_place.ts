/** Where a person has the neuron in 3-D: in a window over the page, or beside it under the map. */

import { signal } from "@preact/signals";

import type { KeptValues } from "../storage";

const PLACE_KEY = "synanno.mesh-place";
const OPEN_KEY = "synanno.mesh-open";

export class MeshPlace {
  /** Beside the page, where that is wide, unless the person has chosen otherwise. */
  readonly isBeside;
  /** Whether it is to be seen there; it is loaded for nobody who has not asked for it. */
  readonly isOpen;

  constructor(
    private readonly storage: KeptValues,
    isWide: boolean,
    /** Several people may use one browser. */
    private readonly person = "",
  ) {
    const chosen = this.kept(PLACE_KEY) ?? (isWide ? "beside" : "window");
    this.isBeside = signal(chosen === "beside");
    this.isOpen = signal(this.kept(OPEN_KEY) === "open");
  }

  /** Puts it beside the page, where it is then to be seen, or into a window. */
  put(isBeside: boolean): void {
    this.isBeside.value = isBeside;
    this.keep(PLACE_KEY, isBeside ? "beside" : "window");
    this.open(isBeside);
  }

  open(isOpen: boolean): void {
    this.isOpen.value = isOpen;
    this.keep(OPEN_KEY, isOpen ? "open" : "closed");
  }

  private kept(key: string): string | null {
    return this.storage.getItem(`${key}.${this.person}`);
  }

  private keep(key: string, value: string): void {
    this.storage.setItem(`${key}.${this.person}`, value);
  }
}
