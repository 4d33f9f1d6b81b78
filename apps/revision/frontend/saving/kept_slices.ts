/** Slices that the server does not have yet, kept in the browser: a crash or a closed laptop loses
 * none. */

import { createStore, delMany, entries, set } from "idb-keyval";

import { unlessRefused } from "../../../proofreading/frontend/outbox";
import type { EditOrigin } from "../slice_book";

/** A slice as it is sent. The key makes sending it twice harmless. */
export interface DrawnSlice {
  readonly key: string;
  readonly z: number;
  /** The version that was changed. */
  readonly base: number;
  readonly runs: readonly number[];
  readonly origin: EditOrigin;
  readonly made_at: string;
}

/** One with whose it is and where it goes. */
export interface KeptSlice {
  readonly person: string;
  readonly url: string;
  readonly slice: DrawnSlice;
  /** The tab that sends it while it lives. */
  readonly tab: string;
  readonly storedAt: number;
  /** Puts those of one moment in order. */
  readonly turn: number;
}

export interface SliceOutbox {
  put(kept: KeptSlice): Promise<void>;
  remove(keys: readonly string[]): Promise<void>;
  /** Those of a person, the oldest first. */
  of(person: string): Promise<readonly KeptSlice[]>;
}

/** Kept in IndexedDB; what the browser refuses to keep there is kept by nothing but its page. */
export class BrowserSliceOutbox implements SliceOutbox {
  private readonly store = createStore("synanno-slices", "unsent");

  async put(kept: KeptSlice): Promise<void> {
    await unlessRefused(() => set(kept.slice.key, kept, this.store));
  }

  async remove(keys: readonly string[]): Promise<void> {
    await unlessRefused(() => delMany([...keys], this.store));
  }

  async of(person: string): Promise<readonly KeptSlice[]> {
    const all = (await unlessRefused(() => entries<string, KeptSlice>(this.store))) ?? [];
    return all
      .map(([, kept]) => kept)
      .filter((kept) => kept.person === person)
      .sort((one, other) => one.storedAt - other.storedAt || one.turn - other.turn);
  }
}

/** The lock under which slices for an address are sent, by whichever tab. */
export function sendingLock(url: string): string {
  return `synanno-send-${url}`;
}
