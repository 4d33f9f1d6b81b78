/** Labels that the server does not have yet, kept in the browser: a crash or a closed laptop loses none. */

import { createStore, delMany, entries, set } from "idb-keyval";

import type { Verdict } from "./verdict_queue";

/** A label with whose it is and where it goes. */
export interface KeptLabel {
  readonly person: string;
  readonly url: string;
  readonly verdict: Verdict;
  /** The tab that sends it while it lives. */
  readonly tab: string;
  readonly storedAt: number;
  /** Puts labels of one moment in order. */
  readonly turn: number;
}

export interface Outbox {
  put(label: KeptLabel): Promise<void>;
  remove(keys: readonly string[]): Promise<void>;
  /** The labels of a person, the oldest first. */
  of(person: string): Promise<readonly KeptLabel[]>;
}

/** Kept in IndexedDB; what the browser refuses to keep there is kept by nothing but its page. */
export class BrowserOutbox implements Outbox {
  private readonly store = createStore("synanno-labels", "unsent");

  async put(label: KeptLabel): Promise<void> {
    await unlessRefused(() => set(label.verdict.key, label, this.store));
  }

  async remove(keys: readonly string[]): Promise<void> {
    await unlessRefused(() => delMany([...keys], this.store));
  }

  async of(person: string): Promise<readonly KeptLabel[]> {
    const all = (await unlessRefused(() => entries<string, KeptLabel>(this.store))) ?? [];
    return inOrder(all.map(([, label]) => label).filter((label) => label.person === person));
  }
}

export function inOrder(labels: readonly KeptLabel[]): readonly KeptLabel[] {
  return [...labels].sort((a, b) => a.storedAt - b.storedAt || a.turn - b.turn);
}

/** Null where the browser refuses its storage; any other error is a fault and is thrown on. */
export async function unlessRefused<Value>(use: () => Promise<Value>): Promise<Value | null> {
  try {
    return await use();
  } catch (error) {
    if (error instanceof DOMException || error instanceof ReferenceError) {
      return null;
    }
    throw error;
  }
}
