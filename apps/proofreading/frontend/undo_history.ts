/** What a person did to the labels of a page, step by step; undoing is saying the former label again. */

import { computed, signal } from "@preact/signals";

import type { Said } from "./labels";
import type { TileModel } from "./tile_model";

export interface Step {
  readonly tile: TileModel;
  readonly before: Said;
  readonly after: Said;
}

export class UndoHistory {
  private readonly done = signal<readonly Step[]>([]);
  private readonly undone = signal<readonly Step[]>([]);
  readonly canUndo = computed(() => this.done.value.length > 0);
  readonly canRedo = computed(() => this.undone.value.length > 0);

  /** Notes a step; what was undone before can no longer be done again. */
  note(step: Step): void {
    this.done.value = [...this.done.value, step];
    this.undone.value = [];
  }

  undo(): Step | null {
    const step = this.done.value.at(-1) ?? null;
    if (step !== null) {
      this.done.value = this.done.value.slice(0, -1);
      this.undone.value = [...this.undone.value, step];
    }
    return step;
  }

  redo(): Step | null {
    const step = this.undone.value.at(-1) ?? null;
    if (step !== null) {
      this.undone.value = this.undone.value.slice(0, -1);
      this.done.value = [...this.done.value, step];
    }
    return step;
  }

  /** Forgets the steps of a tile whose label somebody else has set. */
  forget(tile: TileModel): void {
    this.done.value = this.done.value.filter((step) => step.tile !== tile);
    this.undone.value = this.undone.value.filter((step) => step.tile !== tile);
  }
}
