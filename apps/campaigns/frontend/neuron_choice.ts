/** Neurons that are being chosen in Neuroglancer, and where their walks are to begin. */

import { computed, signal } from "@preact/signals";

import type { Triple } from "../../datasets/frontend/neuroglancer/places";
import { ChosenSegments, type ChooserWindow } from "./chosen_segments";
import type { WalkBegin } from "./walk_begins";

export class NeuronChoice {
  readonly ids;
  private readonly places;
  /** Of those that are chosen: what is left out begins nowhere. */
  readonly begins = computed(() =>
    this.places.value.filter(({ root_id }) => this.ids.value.includes(root_id)),
  );
  /** What became of the last thing that was asked for; "" for nothing. */
  readonly told = signal("");
  private reading: ChosenSegments | null = null;

  constructor(
    private readonly given: readonly string[],
    begins: readonly WalkBegin[],
  ) {
    this.ids = signal(given);
    this.places = signal(begins);
  }

  /** From now on this frame is looked into. */
  lookInto(frame: ChooserWindow): void {
    this.reading?.stop();
    this.reading = new ChosenSegments(frame, this.given, (ids) => (this.ids.value = ids));
  }

  /** The walk of the neuron under the pointer begins there. */
  beginAtPointer(): void {
    const pointed = this.reading?.pointed ?? null;
    if (pointed === null) {
      this.told.value = "There is no neuron under the pointer.";
    } else if (!this.ids.value.includes(pointed.id)) {
      this.told.value = `Neuron ${pointed.id} is not chosen: double-click it first.`;
    } else {
      this.beginAt(pointed.id, pointed.nm);
    }
  }

  /** A walk begins in the middle of the view. */
  beginInMiddle(id: string): void {
    const middle = this.reading?.middleNm ?? null;
    if (middle === null) {
      this.told.value = "Neuroglancer is not ready yet.";
    } else {
      this.beginAt(id, middle);
    }
  }

  /** The walk begins where it would by itself. */
  forget(id: string): void {
    this.places.value = this.places.value.filter(({ root_id }) => root_id !== id);
    this.told.value = `The walk of ${id} begins by itself.`;
  }

  stop(): void {
    this.reading?.stop();
  }

  private beginAt(id: string, [x, y, z]: Triple): void {
    const position_nm = [Math.round(x), Math.round(y), Math.round(z)] as const;
    const others = this.places.value.filter(({ root_id }) => root_id !== id);
    this.places.value = [...others, { root_id: id, position_nm }];
    this.told.value = `The walk of ${id} begins at ${position_nm.join(", ")} nm.`;
  }
}
