/** What a hand does quickly, one after another: each begins when what was begun before is done. */

import { signal } from "@preact/signals";

type Turn = () => void | Promise<void>;

export class Turns {
  /** Whether something is under way. */
  readonly isTaken = signal(false);
  private last: Promise<void> | null = null;

  /** Runs at once where nothing is under way; rejects as `run` does. */
  async take(run: Turn): Promise<void> {
    const came = this.last === null ? run() : this.last.then(run);
    if (came === undefined) {
      return;
    }
    const turn = came.catch(() => undefined).then(() => {
      if (this.last === turn) {
        this.last = null;
        this.isTaken.value = false;
      }
    });
    this.last = turn;
    this.isTaken.value = true;
    await came;
  }
}
