/** The slices of an instance: what they are now, what the cleft volume has, what was changed. */

import { computed, signal, type ReadonlySignal } from "@preact/signals";

import type { ChangedSlice, Easel, SliceState } from "./contract";
import { History, type Change, type DrawnStep, type Step } from "./drawing/history";
import { SliceMask, type Size } from "./drawing/slice_mask";
import { Spline } from "./drawing/spline";

/** How a slice came to be what it is. */
export type EditOrigin = "drawn" | "copied";

/** Somebody else has saved the slice meanwhile. */
export interface Clash extends ChangedSlice {
  /** What they saved. */
  readonly theirs: SliceMask;
}

export class Slice {
  readonly mask;
  /** A curve that is drawn and not filled yet. */
  readonly curve = signal<Spline | null>(null);
  /** What is known of the version that holds on the server. */
  readonly known;
  /** Whether it was changed here since. */
  readonly isUnsaved = signal(false);
  readonly clash = signal<Clash | null>(null);
  /** Whether its mask is that of the cleft volume: nothing drawn would be lost with it. */
  readonly isPlain;
  /** Whether anybody changed it: here, or as the server has it. */
  readonly isOriginal = computed(() => {
    return !this.isUnsaved.value && this.known.value.runs === null;
  });

  constructor(
    state: SliceState,
    readonly original: SliceMask,
  ) {
    this.known = signal(state);
    this.mask = signal(maskOf(state.runs, original));
    this.isPlain = computed(() => this.mask.value.equals(original));
  }

  get z(): number {
    return this.known.peek().z;
  }

  /** What a version looks like: that of the cleft volume where it has no runs of its own. */
  seen(runs: readonly number[] | null): SliceMask {
    return maskOf(runs, this.original);
  }

  /** Its mask as it is sent: null where it is that of the cleft volume, which is nobody's drawing. */
  get sentRuns(): readonly number[] | null {
    return this.isPlain.peek() ? null : this.mask.peek().runs();
  }

  clashWith(changed: ChangedSlice): void {
    this.clash.value = { ...changed, theirs: this.seen(changed.runs) };
  }
}

function maskOf(runs: readonly number[] | null, original: SliceMask): SliceMask {
  return runs === null ? original : SliceMask.ofRuns(runs, original);
}

/** Hears of each change that is to be saved. */
export type OnEdit = (slice: Slice, origin: EditOrigin) => void;

export class SliceBook {
  readonly size: Size;
  readonly slices: readonly Slice[];
  readonly history = new History();
  /** Why nothing can be changed any more; empty while it can. */
  readonly closed = signal("");
  readonly chosen;
  readonly slice: ReadonlySignal<Slice>;

  /** `originals`: runs of each slice as the cleft volume has it. Throws RunsError. */
  constructor(
    readonly easel: Easel,
    originals: ReadonlyMap<number, readonly number[]>,
    private readonly onEdit: OnEdit,
  ) {
    this.size = sizeOf(easel);
    this.slices = easel.slices.map((state) => {
      const runs = originals.get(state.z);
      const { width, height } = this.size;
      const mask =
        runs === undefined ? new SliceMask(width, height) : SliceMask.ofRuns(runs, this.size);
      return new Slice(state, mask);
    });
    const middle = this.slices.findIndex(({ z }) => z === easel.middle_z);
    this.chosen = signal(Math.max(0, middle));
    this.slice = computed(() => this.slices[this.chosen.value] as Slice);
  }

  at(z: number): Slice | null {
    return this.slices.find((slice) => slice.z === z) ?? null;
  }

  /** Turns to another slice, as far as there are some; whether it did. */
  step(by: number): boolean {
    return this.choose(this.chosen.peek() + by);
  }

  choose(index: number): boolean {
    const before = this.chosen.peek();
    this.chosen.value = Math.max(0, Math.min(this.slices.length - 1, index));
    return this.chosen.peek() !== before;
  }

  /** Puts another mask in place of a slice's, and maybe another curve, as one step that can be taken
   * back; whether anything differs. */
  edit(
    slice: Slice,
    mask: SliceMask,
    origin: EditOrigin = "drawn",
    curve: Spline | null = slice.curve.peek(),
  ): boolean {
    const [before, drawn] = [slice.mask.peek(), slice.curve.peek()];
    const isSame = mask.equals(before);
    if ((isSame && curve === drawn) || this.closed.peek() !== "") {
      return false;
    }
    this.history.add({
      kind: "drawn",
      z: slice.z,
      mask: isSame ? null : { before: before.runs(), after: mask.runs() },
      curve: curve === drawn ? null : { before: pointsOf(drawn), after: pointsOf(curve) },
    });
    slice.curve.value = curve;
    if (!isSame) {
      this.put(slice, mask, origin);
    }
    return true;
  }

  /** Takes back the last step, of a slice or of all, and turns to its slice. One that changes more
   * than a drawing is given back, for whoever can. */
  undo(z: number | null = null): Step | null {
    return this.closed.peek() === "" ? this.show(this.history.undo(z), "before") : null;
  }

  redo(z: number | null = null): Step | null {
    return this.closed.peek() === "" ? this.show(this.history.redo(z), "after") : null;
  }

  /** Takes in what the server has now, by whomever. */
  take(state: SliceState): void {
    this.adopt(state);
    this.history.forget(state.z);
  }

  /** Takes in what the person had the server make of a slice: another version of it, restored or
   * somebody else's, which is a step. */
  takeChosen(state: SliceState): void {
    const slice = this.at(state.z);
    if (slice !== null) {
      const [before, after] = [slice.mask.peek(), slice.seen(state.runs)];
      this.adopt(state);
      if (!after.equals(before)) {
        const mask = { before: before.runs(), after: after.runs() };
        this.history.add({ kind: "drawn", z: state.z, mask, curve: null });
      }
    }
  }

  /** Takes in what the server has now where that is news. What was drawn here since stays: as a
   * change of what somebody decided here themselves (`own`, by slice), which is told; else the server
   * says what it clashes with when it is sent. Steps before what was decided here can still be taken
   * back, for that is one itself. */
  catchUp(
    states: readonly SliceState[],
    own: ReadonlySet<number>,
    onRebased: (z: number, number: number) => void,
  ): void {
    for (const state of states) {
      const slice = this.at(state.z);
      if (slice === null || state.number <= slice.known.peek().number) {
        continue;
      }
      if (!slice.isUnsaved.peek()) {
        this.adopt(state);
        if (!own.has(state.z)) {
          this.history.forget(state.z);
        }
      } else if (own.has(state.z)) {
        slice.known.value = state;
        onRebased(state.z, state.number);
      }
    }
  }

  private adopt(state: SliceState): void {
    const slice = this.at(state.z);
    if (slice !== null) {
      slice.known.value = state;
      slice.mask.value = slice.seen(state.runs);
      slice.isUnsaved.value = false;
      slice.clash.value = null;
    }
  }

  /** The step, where it is no drawing. */
  private show(step: Step | null, end: keyof Change<unknown>): Step | null {
    if (step?.kind === "drawn") {
      this.showDrawn(step, end);
      return null;
    }
    return step;
  }

  private showDrawn(step: DrawnStep, end: keyof Change<unknown>): void {
    const slice = this.at(step.z);
    if (slice === null) {
      return;
    }
    this.chosen.value = this.slices.indexOf(slice);
    if (step.curve !== null) {
      const points = step.curve[end];
      slice.curve.value = points === null ? null : new Spline(points);
    }
    if (step.mask !== null) {
      this.put(slice, SliceMask.ofRuns(step.mask[end], this.size), "drawn");
    }
  }

  private put(slice: Slice, mask: SliceMask, origin: EditOrigin): void {
    slice.mask.value = mask;
    slice.isUnsaved.value = true;
    this.onEdit(slice, origin);
  }
}

function pointsOf(curve: Spline | null): Spline["points"] | null {
  return curve === null ? null : curve.points;
}

/** Voxels of a slice along x and y. */
export function sizeOf({ box }: Pick<Easel, "box">): Size {
  const along = (axis: number) => (box.hi[axis] ?? 0) - (box.lo[axis] ?? 0);
  return { width: along(0), height: along(1) };
}
