/** Takes back what a person did, and does it again: on slices, with points, and with proposals. */

import type { Board } from "./board";
import type { Fate, FatesStep, PointsStep } from "./drawing/history";
import type { MarkersModel, Nm } from "./markers_model";
import { SIDES } from "./markers_model";
import type { ProposalsModel } from "./proposals_model";
import type { Turns } from "./turns";

const NAMES = { pre: "presynaptic", post: "postsynaptic" } as const;

/** What steps are about. */
export interface Stepping {
  readonly board: Board;
  readonly markers: MarkersModel;
  readonly proposals: ProposalsModel;
  readonly turns: Turns;
  /** Turns to the slice of a place, if it is one of them. */
  turnTo(nm: Nm): void;
}

export class Steps {
  constructor(private readonly on: Stepping) {}

  /** `z`: the last step of that slice; else the last one of all. */
  undo(z: number | null = null): Promise<void> {
    return this.go(true, z);
  }

  redo(z: number | null = null): Promise<void> {
    return this.go(false, z);
  }

  private go(isUndo: boolean, z: number | null): Promise<void> {
    const { board, turns } = this.on;
    board.release();
    board.told.value = ""; // what was told is of an older step
    return turns.take(() => {
      const step = isUndo ? board.book.undo(z) : board.book.redo(z);
      if (step?.kind === "points") {
        this.movePoints(step, isUndo);
      } else if (step?.kind === "fates") {
        return this.sayAgain(step, isUndo);
      }
      return undefined;
    });
  }

  private movePoints({ moved }: PointsStep, isUndo: boolean): void {
    const { board, markers } = this.on;
    const said: string[] = [];
    for (const side of SIDES) {
      const place = moved[side];
      if (place !== undefined) {
        const nm = isUndo ? place.before : place.after;
        markers.set(side, nm);
        const there = isUndo ? "where it was" : "moved again";
        said.push(`the ${NAMES[side]} point is ${nm === null ? "gone" : there}`);
        if (nm !== null) {
          this.on.turnTo(nm);
        }
      }
    }
    board.told.value = sentenceOf(said, isUndo);
  }

  private async sayAgain(step: FatesStep, isUndo: boolean): Promise<void> {
    const { board, proposals } = this.on;
    const { history } = board.book;
    const { before, after } = step.fate;
    const [from, to] = isUndo ? [after, before] : [before, after];
    this.show(step);
    await proposals.say(step.proposal, step.zs, to);
    const those = (fate: Fate) =>
      step.zs.filter((z) => proposals.fateOf(step.proposal, z) === fate);
    history.settle(step, those(to), those(from));
    if (those(from).length === 0) {
      board.told.value = sentenceOf([wordsOf(step, to)], isUndo);
    }
  }

  private show({ zs: [z, ...more] }: FatesStep): void {
    const { book } = this.on.board;
    if (more.length === 0) {
      book.choose(book.slices.findIndex((slice) => slice.z === z));
    }
  }
}

function sentenceOf(said: readonly string[], isUndo: boolean): string {
  return `${isUndo ? "Taken back" : "Done again"}: ${said.join(", ")}.`;
}

function wordsOf({ zs }: FatesStep, fate: Fate): string {
  const what = zs.length === 1 ? "the slice is" : `${zs.length} slices are`;
  return `${what} ${fate === null ? "proposed again" : fate}`;
}
