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
async function unlessRefused<Value>(use: () => Promise<Value>): Promise<Value | null> {
  try {
    return await use();
  } catch (error) {
    if (error instanceof DOMException || error instanceof ReferenceError) {
      return null;
    }
    throw error;
  }
}

const LOCK = "synanno-tab-";

function webLocks(): LockManager | null {
  return (navigator as { readonly locks?: LockManager | null }).locks ?? null;
}

/** Runs one thing at a time for all tabs; without Web Locks (plain http) tabs take no turns. */
export async function alone<Value>(name: string, run: () => Promise<Value>): Promise<Value> {
  const locks = webLocks();
  return locks === null ? run() : locks.request(name, run);
}

/** Says that this tab lives, until it is closed or crashes. */
export function liveAs(tab: string): void {
  void webLocks()?.request(LOCK + tab, () => new Promise<never>(() => undefined));
}

/** The tabs that live and see to their labels themselves. */
export async function livingTabs(): Promise<ReadonlySet<string>> {
  const held = (await webLocks()?.query())?.held ?? [];
  const names = held.map((lock) => lock.name ?? "").filter((name) => name.startsWith(LOCK));
  return new Set(names.map((name) => name.slice(LOCK.length)));
}
