/** What a person does with the tiles of the page: labels, reasons, slices, undo, where it is. */

import type { ReadonlySignal, Signal } from "@preact/signals";

import { nextLabel, type Label, type Reasons, type Said } from "./labels";
import { neighbour, type Direction, type Layout } from "./layout";
import type { PageSession } from "./page_session";
import { CANNOT_JUDGE, saidWith, withKind, withNote } from "./said";
import type { TileModel } from "./tile_model";
import type { Windows } from "./windows";

/** What of the grid it needs. */
export interface Board {
  readonly session: ReadonlySignal<PageSession | null>;
  /** Whether labels can be set: there is a page, and it is not being handed in. */
  readonly isAtWork: ReadonlySignal<boolean>;
  /** The tile that keys are about, by its place. */
  readonly focused: Signal<number>;
  readonly layout: ReadonlySignal<Layout>;
  readonly windows: Windows;
}

export class Judging {
  constructor(private readonly board: Board) {}

  cycle(tile: TileModel): void {
    this.label(tile, nextLabel(tile.label.value));
  }

  label(tile: TileModel, label: Label): void {
    if (this.canJudge(tile)) {
      this.board.session.value?.label(tile, label);
    }
  }

  /** Says all of it: the label with its reasons. */
  judge(tile: TileModel, said: Said): void {
    if (this.canJudge(tile)) {
      this.board.session.value?.judge(tile, said);
    }
  }

  /** Says that nothing to be judged is to be seen, also of a synapse whose picture does not come;
      where that has been said, takes it back. */
  cannotJudge(tile: TileModel): void {
    const isOpen = tile.locked.value === null && tile.status.value.kind !== "loading";
    if (this.board.isAtWork.value && isOpen) {
      this.board.session.value?.judge(tile, withKind(tile.said.value, CANNOT_JUDGE, []));
    }
  }

  /** Asks what is wrong with a synapse, and calls it incorrect where it was correct; nobody has to
      answer. */
  explain(tile: TileModel): void {
    if (tile.label.value === "correct") {
      this.label(tile, "incorrect");
    }
    if (this.canJudge(tile)) {
      this.board.windows.reasons.open(tile);
    }
  }

  /** The answer; null where there is none. */
  explained(reasons: Reasons | null): void {
    const tile = this.board.windows.reasons.on.value;
    this.board.windows.reasons.close();
    if (tile !== null && reasons !== null) {
      this.judge(tile, saidWith(reasons, tile.label.value));
    }
  }

  /** Says the note that is being written in detail, where one is. */
  endDraft(): void {
    const { draft } = this.board.windows.details;
    const written = draft.peek();
    draft.value = null;
    if (written !== null) {
      this.judge(written.tile, withNote(written.tile.said.peek(), written.note));
    }
  }

  step(tile: TileModel, by: number): void {
    this.board.session.value?.noteActivity();
    tile.step(by);
  }

  undo(): void {
    this.show(this.board.isAtWork.value ? this.board.session.value?.undo() : null);
  }

  redo(): void {
    this.show(this.board.isAtWork.value ? this.board.session.value?.redo() : null);
  }

  move(direction: Direction): void {
    const { focused, layout, session } = this.board;
    const count = session.value?.tiles.length ?? 0;
    focused.value = neighbour(focused.value, count, layout.value.columns, direction);
  }

  private canJudge(tile: TileModel): boolean {
    return this.board.isAtWork.value && tile.canBeJudged.value;
  }

  private show(tile: TileModel | null | undefined): void {
    const index = tile ? (this.board.session.value?.tiles.indexOf(tile) ?? -1) : -1;
    if (index >= 0) {
      this.board.focused.value = index;
    }
  }
}
