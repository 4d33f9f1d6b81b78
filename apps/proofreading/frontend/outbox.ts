/** Labels that the server does not have yet, kept in the browser: a crash or a closed laptop loses none. */

import { createStore, delMany, entries, getMany, set } from "idb-keyval";

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
  /** Which of these are still there. */
  present(keys: readonly string[]): Promise<ReadonlySet<string>>;
  /** The labels of a person, the oldest first. */
  of(person: string): Promise<readonly KeptLabel[]>;
}

/** Lasts as long as the page: for tests, and where the browser keeps nothing. */
export class MemoryOutbox implements Outbox {
  private readonly labels = new Map<string, KeptLabel>();

  async put(label: KeptLabel): Promise<void> {
    this.labels.set(label.verdict.key, label);
  }

  async remove(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      this.labels.delete(key);
    }
  }

  async present(keys: readonly string[]): Promise<ReadonlySet<string>> {
    return new Set(keys.filter((key) => this.labels.has(key)));
  }

  async of(person: string): Promise<readonly KeptLabel[]> {
    return inOrder([...this.labels.values()].filter((label) => label.person === person));
  }
}

/** Kept in IndexedDB; what the browser refuses to keep there lasts as long as the page. */
export class BrowserOutbox implements Outbox {
  private readonly store = createStore("synanno-labels", "unsent");
  private readonly memory = new MemoryOutbox();

  async put(label: KeptLabel): Promise<void> {
    await this.memory.put(label); // until it is written
    const written = await unlessRefused(() => set(label.verdict.key, label, this.store).then(() => true));
    if (written === true) {
      await this.memory.remove([label.verdict.key]);
    }
  }

  async remove(keys: readonly string[]): Promise<void> {
    await this.memory.remove(keys);
    await unlessRefused(() => delMany([...keys], this.store));
  }

  async present(keys: readonly string[]): Promise<ReadonlySet<string>> {
    const found = (await unlessRefused(() => getMany<KeptLabel>([...keys], this.store))) ?? [];
    const written = keys.filter((_, index) => found[index] !== undefined);
    return new Set([...written, ...(await this.memory.present(keys))]);
  }

  async of(person: string): Promise<readonly KeptLabel[]> {
    const all = (await unlessRefused(() => entries<string, KeptLabel>(this.store))) ?? [];
    return inOrder(all.map(([, label]) => label).filter((label) => label.person === person));
  }
}

function inOrder(labels: readonly KeptLabel[]): readonly KeptLabel[] {
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
