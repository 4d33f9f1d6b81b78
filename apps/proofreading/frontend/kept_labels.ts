/** The part of the outbox that belongs to one page of work in one tab. */

import type { MarkOutbox } from "./neuron/mark_outbox";
import type { Outbox } from "./outbox";
import { alone } from "./tabs";
import type { LabelStore, Verdict } from "./verdict_queue";

export interface Keeping {
  readonly outbox: Outbox;
  /** Where marks of missed synapses are kept. */
  readonly marks?: MarkOutbox;
  readonly person: string;
  readonly tab: string;
}

/** The lock under which labels for an address are sent, by whichever tab. */
export function sendingLock(url: string): string {
  return `synanno-send-${url}`;
}

export class KeptLabels implements LabelStore {
  private turn = 0;
  private writing: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly keeping: Keeping,
    private readonly url: string,
  ) {}

  put(verdict: Verdict): void {
    const { outbox, person, tab } = this.keeping;
    this.turn += 1;
    const label = { person, url: this.url, verdict, tab, storedAt: Date.now(), turn: this.turn };
    this.writing = Promise.all([this.writing, outbox.put(label)]);
  }

  remove(keys: readonly string[]): void {
    const written = this.writing;
    this.writing = written.then(() => this.keeping.outbox.remove(keys));
  }

  alone(run: () => Promise<void>): Promise<void> {
    return alone(sendingLock(this.url), run);
  }
}
