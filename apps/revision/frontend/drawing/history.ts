/** Steps that can be taken back: the last one wherever it was, or the last one of a slice. */

import { computed, signal } from "@preact/signals";

import type { Spot } from "./slice_mask";

export interface Change<Value> {
  readonly before: Value;
  readonly after: Value;
}

/** A change of one slice: of its mask, as runs, of the points of its curve, or of both. */
export interface Step {
  readonly z: number;
  readonly mask: Change<readonly number[]> | null;
  readonly curve: Change<readonly Spot[] | null> | null;
}

/** A slice of 256 × 256 with a synapse has some hundred runs: this is a thousand strokes and more. */
const MOST_RUNS = 2_000_000;

export class History {
  private readonly done = signal<readonly Step[]>([]);
  private readonly undone = signal<readonly Step[]>([]);
  readonly canUndo = computed(() => this.done.value.length > 0);
  readonly canRedo = computed(() => this.undone.value.length > 0);

  constructor(private readonly mostRuns: number = MOST_RUNS) {}

  canUndoIn(z: number): boolean {
    return this.done.value.some((step) => step.z === z);
  }

  /** Notes a step. What was undone in its slice cannot be done again; the oldest steps are
   * forgotten where there are too many. */
  add(step: Step): void {
    this.undone.value = this.undone.peek().filter(({ z }) => z !== step.z);
    const steps = [...this.done.peek(), step];
    let runs = steps.reduce((sum, each) => sum + sizeOf(each), 0);
    while (runs > this.mostRuns && steps.length > 1) {
      runs -= sizeOf(steps.shift() as Step);
    }
    this.done.value = steps;
  }

  /** The step to take back: the last one, or the last one of a slice; null where there is none. */
  undo(z: number | null = null): Step | null {
    return this.shift(this.done, this.undone, z);
  }

  redo(z: number | null = null): Step | null {
    return this.shift(this.undone, this.done, z);
  }

  /** Another version came into a slice: its steps no longer fit. */
  forget(z: number): void {
    this.done.value = this.done.peek().filter((step) => step.z !== z);
    this.undone.value = this.undone.peek().filter((step) => step.z !== z);
  }

  private shift(from: typeof this.done, to: typeof this.done, z: number | null): Step | null {
    const step = from.peek().findLast((each) => z === null || each.z === z) ?? null;
    if (step !== null) {
      from.value = from.peek().filter((each) => each !== step);
      to.value = [...to.peek(), step];
    }
    return step;
  }
}

function sizeOf({ mask, curve }: Step): number {
  const runs = mask === null ? 0 : mask.before.length + mask.after.length;
  const points = (curve?.before?.length ?? 0) + (curve?.after?.length ?? 0);
  return 1 + runs + 4 * points;
}
