/** The pages of which something was said here: whether all of it is saved, and its steps to undo. */

import { computed, signal, type Signal } from "@preact/signals";

import { isSame, type Said } from "../labels";
import type { PageSession } from "../page_session";
import type { TileModel } from "../tile_model";
import type { QueueState } from "../verdict_queue";

/** Where a step was done. */
interface Place {
  readonly session: PageSession;
  readonly tile: TileModel;
}

export class Sessions {
  /** Those of which something was said. */
  readonly touched = signal<readonly PageSession[]>([]);
  /** Of all of them: what is least well. */
  readonly state = computed<QueueState>(() => {
    const states = this.touched.value.map((session) => session.queue.state.value);
    return (["unsaved", "saving"] as const).find((one) => states.includes(one)) ?? "saved";
  });
  private readonly done = signal<readonly Place[]>([]);
  private readonly undone = signal<readonly Place[]>([]);
  readonly canUndo = computed(() => this.done.value.length > 0);
  readonly canRedo = computed(() => this.undone.value.length > 0);

  judge(session: PageSession, tile: TileModel, said: Said): void {
    if (isSame(tile.said.peek(), said)) {
      return;
    }
    if (!this.touched.peek().includes(session)) {
      this.touched.value = [...this.touched.peek(), session];
    }
    session.judge(tile, said);
    this.done.value = [...this.done.peek(), { session, tile }];
    this.undone.value = [];
  }

  /** Takes the last step back; its tile, or null where there is none. */
  undo(): TileModel | null {
    return stepOver(this.done, this.undone, (session) => session.undo());
  }

  redo(): TileModel | null {
    return stepOver(this.undone, this.done, (session) => session.redo());
  }

  /** What was done to some cards is taken back no longer. */
  forgetStepsOf(cards: readonly Place[]): void {
    const tiles = new Set(cards.map(({ tile }) => tile));
    cards.forEach(({ session, tile }) => session.history.forget(tile));
    this.done.value = this.done.peek().filter(({ tile }) => !tiles.has(tile));
    this.undone.value = this.undone.peek().filter(({ tile }) => !tiles.has(tile));
  }

  unsentCount(): number {
    return this.touched.peek().reduce((count, { queue }) => count + queue.unsent().length, 0);
  }

  /** Sends all that is unsent; false where some of it could not be sent now. */
  async flush(): Promise<boolean> {
    const sent = await Promise.all(this.touched.peek().map(({ queue }) => queue.flush()));
    return sent.every((each) => each);
  }

  resume(): void {
    this.touched.peek().forEach(({ queue }) => queue.retry());
  }

  async sendBeforeLeaving(): Promise<void> {
    await Promise.all(this.touched.peek().map((session) => session.sendBeforeLeaving()));
  }

  forget(): void {
    this.touched.value = [];
    this.done.value = [];
    this.undone.value = [];
  }
}

/** A page may have forgotten a step, where another tab was first: then the one before counts. */
function stepOver(
  from: Signal<readonly Place[]>,
  to: Signal<readonly Place[]>,
  step: (session: PageSession) => TileModel | null,
): TileModel | null {
  for (;;) {
    const place = from.peek().at(-1);
    if (place === undefined) {
      return null;
    }
    from.value = from.peek().slice(0, -1);
    const tile = step(place.session);
    if (tile !== null) {
      to.value = [...to.peek(), { session: place.session, tile }];
      return tile;
    }
  }
}
