/** Steps that can be taken back: the last one wherever it was, or the last one of a slice. */

import { computed, signal } from "@preact/signals";

import type { Spot } from "./slice_mask";

export interface Change<Value> {
  readonly before: Value;
  readonly after: Value;
}

/** A change of one slice: of its mask, as runs, of the points of its curve, or of both. */
export interface DrawnStep {
  readonly kind: "drawn";
  readonly z: number;
  readonly mask: Change<readonly number[]> | null;
  readonly curve: Change<readonly Spot[] | null> | null;
}

type Nm = readonly [x: number, y: number, z: number];
export type MarkerSide = "pre" | "post";

/** The presynaptic or the postsynaptic point, or both, went elsewhere; in nm, null: there is none. */
export interface PointsStep {
  readonly kind: "points";
  readonly moved: Readonly<Partial<Record<MarkerSide, Change<Nm | null>>>>;
}

/** Null: open. */
export type Fate = "accepted" | "refused" | null;

/** Something else was said of slices of a proposal. */
export interface FatesStep {
  readonly kind: "fates";
  /** Which one it is, also when slices are taken out of it. */
  readonly id: symbol;
  readonly proposal: number;
  readonly zs: readonly number[];
  readonly fate: Change<Fate>;
}

export type Step = DrawnStep | PointsStep | FatesStep;

/** A slice of 256 × 256 with a synapse has some hundred runs: this is a thousand strokes and more. */
const MOST_RUNS = 2_000_000;

export class History {
  private readonly done = signal<readonly Step[]>([]);
  private readonly undone = signal<readonly Step[]>([]);
  readonly canUndo = computed(() => this.done.value.length > 0);
  readonly canRedo = computed(() => this.undone.value.length > 0);
  /** How many steps were noted. */
  readonly noted = signal(0);

  constructor(private readonly mostRuns: number = MOST_RUNS) {}

  canUndoIn(z: number): boolean {
    return this.done.value.some((step) => isOf(step, z));
  }

  /** Notes a step. What was undone of the same slices or points cannot be done again; the oldest
   * steps are forgotten where there are too many. */
  add(step: Step): void {
    this.undone.value =
      step.kind === "points"
        ? this.undone.peek().filter(({ kind }) => kind !== "points")
        : slicesOf(step).reduce(withoutSlice, this.undone.peek());
    const steps = [...this.done.peek(), step];
    let runs = steps.reduce((sum, each) => sum + sizeOf(each), 0);
    while (runs > this.mostRuns && steps.length > 1) {
      runs -= sizeOf(steps.shift() as Step);
    }
    this.done.value = steps;
    this.noted.value += 1;
  }

  /** The step to take back: the last one, or what it did to a slice; null where there is none. */
  undo(z: number | null = null): Step | null {
    return this.shift(this.done, this.undone, z);
  }

  redo(z: number | null = null): Step | null {
    return this.shift(this.undone, this.done, z);
  }

  /** The server has answered: of a step that was noted, taken back or done again it did this to
   * `done`; of `back` it did not, which is as if that had not been tried. */
  settle({ id }: FatesStep, done: readonly number[], back: readonly number[]): void {
    const isIt = (each: Step) => each.kind === "fates" && each.id === id;
    for (const [here, other] of [
      [this.done, this.undone],
      [this.undone, this.done],
    ] as const) {
      const step = here.peek().find(isIt);
      if (step?.kind === "fates") {
        here.value = here.peek().flatMap((each): readonly Step[] =>
          each === step ? partOf(step, done) : [each],
        );
        other.value = [...other.peek(), ...partOf(step, back, Symbol())];
        return;
      }
    }
  }

  /** Another version came into a slice: its steps no longer fit. */
  forget(z: number): void {
    this.done.value = withoutSlice(this.done.peek(), z);
    this.undone.value = withoutSlice(this.undone.peek(), z);
  }

  /** Somebody else moved a point. */
  forgetPoints(): void {
    for (const steps of [this.done, this.undone]) {
      steps.value = steps.peek().filter(({ kind }) => kind !== "points");
    }
  }

  private shift(from: typeof this.done, to: typeof this.done, z: number | null): Step | null {
    const whole = from.peek().findLast((each) => z === null || isOf(each, z)) ?? null;
    if (whole === null) {
      return null;
    }
    const isPart = z !== null && whole.kind === "fates";
    const step = isPart ? { ...whole, id: Symbol(), zs: [z] } : whole;
    const rest = isPart ? withoutSlice([whole], z) : [];
    from.value = from.peek().flatMap((each) => (each === whole ? rest : [each]));
    to.value = [...to.peek(), step];
    return step;
  }
}

function slicesOf(step: Step): readonly number[] {
  return step.kind === "drawn" ? [step.z] : step.kind === "fates" ? step.zs : [];
}

function isOf(step: Step, z: number): boolean {
  return slicesOf(step).includes(z);
}

/** The steps without what they did to a slice. */
function withoutSlice(steps: readonly Step[], z: number): readonly Step[] {
  return steps.flatMap((step): readonly Step[] => {
    if (!isOf(step, z)) {
      return [step];
    }
    return step.kind === "fates" ? partOf(step, step.zs.filter((each) => each !== z)) : [];
  });
}

/** What a step did to some slices, if it did anything to them. */
function partOf(step: FatesStep, zs: readonly number[], id = step.id): readonly FatesStep[] {
  const own = step.zs.filter((z) => zs.includes(z));
  return own.length === 0 ? [] : [{ ...step, id, zs: own }];
}

function sizeOf(step: Step): number {
  if (step.kind !== "drawn") {
    return 1;
  }
  const { mask, curve } = step;
  const runs = mask === null ? 0 : mask.before.length + mask.after.length;
  const points = (curve?.before?.length ?? 0) + (curve?.after?.length ?? 0);
  return 1 + runs + 4 * points;
}
