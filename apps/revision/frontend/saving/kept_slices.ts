/** Slices and points that the server does not have yet, kept in the browser: a crash or a closed
 * laptop loses none. */

import { computed, signal, type ReadonlySignal } from "@preact/signals";
import { createStore, delMany, entries, set } from "idb-keyval";

import { unlessRefused } from "../../../proofreading/frontend/outbox";
import type { Side } from "../contract";
import type { EditOrigin } from "../slice_book";

/** A slice as it is sent. The key makes sending it twice harmless. */
export interface DrawnSlice {
  readonly key: string;
  readonly z: number;
  /** The version that was changed. */
  readonly base: number;
  /** Null: as in the cleft volume. */
  readonly runs: readonly number[] | null;
  readonly origin: EditOrigin;
  readonly made_at: string;
}

/** A point as it is sent, the same way. */
export interface SetPoint {
  readonly key: string;
  readonly side: Side;
  readonly base: number;
  /** Null takes the point away. */
  readonly nm: readonly [x: number, y: number, z: number] | null;
  readonly made_at: string;
}

interface KeptOne {
  readonly person: string;
  readonly url: string;
  /** The tab that sends it while it lives. */
  readonly tab: string;
  readonly storedAt: number;
  /** Puts those of one moment in order. */
  readonly turn: number;
}

/** One with whose it is and where it goes. */
export interface KeptSlice extends KeptOne {
  readonly slice: DrawnSlice;
}

export interface KeptPoint extends KeptOne {
  readonly point: SetPoint;
}

export type Kept = KeptSlice | KeptPoint;

export interface SliceOutbox {
  put(kept: Kept): Promise<void>;
  remove(keys: readonly string[]): Promise<void>;
  /** Those of a person, the oldest first. */
  of(person: string): Promise<readonly Kept[]>;
  /** Whether there is something that the browser did not keep, so that only its page has it. */
  readonly isRefused?: ReadonlySignal<boolean>;
}

/** Kept in IndexedDB; what the browser refuses to keep there is kept by nothing but its page. */
export class BrowserSliceOutbox implements SliceOutbox {
  readonly isRefused = computed(() => this.refused.value.size > 0);
  private readonly refused = signal<ReadonlySet<string>>(new Set());
  private readonly store = createStore("synanno-slices", "unsent");

  async put(kept: Kept): Promise<void> {
    const put = async () => {
      await set(keyOf(kept), kept, this.store);
      return true;
    };
    if ((await unlessRefused(put)) === null) {
      this.refused.value = new Set([...this.refused.peek(), keyOf(kept)]);
    }
  }

  async remove(keys: readonly string[]): Promise<void> {
    await unlessRefused(() => delMany([...keys], this.store));
    this.refused.value = new Set([...this.refused.peek()].filter((key) => !keys.includes(key)));
  }

  async of(person: string): Promise<readonly Kept[]> {
    const all = (await unlessRefused(() => entries<string, Kept>(this.store))) ?? [];
    return all
      .map(([, kept]) => kept)
      .filter((kept) => kept.person === person)
      .sort((one, other) => one.storedAt - other.storedAt || one.turn - other.turn);
  }
}

export function keyOf(kept: Kept): string {
  return "point" in kept ? kept.point.key : kept.slice.key;
}

/** The lock under which slices for an address are sent, by whichever tab. */
export function sendingLock(url: string): string {
  return `synanno-send-${url}`;
}
