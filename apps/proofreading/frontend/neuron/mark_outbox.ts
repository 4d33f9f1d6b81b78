/** Marks that the server does not have yet, kept in the browser, and sent when it is here again. */

import { createStore, delMany, entries, set } from "idb-keyval";

import { isSessionEnd, isTransient } from "../../../core/frontend/http";
import { unlessRefused } from "../outbox";
import { isKeptAsLate, marksAt, type Mark, type MarkServer, type MarkStore } from "./marks";

/** A mark with whose it is and where it goes. */
export interface KeptMark {
  readonly person: string;
  readonly url: string;
  readonly mark: Mark;
}

export interface MarkOutbox {
  put(kept: KeptMark): Promise<void>;
  remove(kept: readonly KeptMark[]): Promise<void>;
  of(person: string): Promise<readonly KeptMark[]>;
}

/** Kept in IndexedDB; what the browser refuses to keep there is kept by nothing but its page. */
export class BrowserMarkOutbox implements MarkOutbox {
  private readonly store = createStore("synanno-marks", "unsent");

  async put(kept: KeptMark): Promise<void> {
    await unlessRefused(() => set(placeOf(kept), kept, this.store));
  }

  async remove(kept: readonly KeptMark[]): Promise<void> {
    await unlessRefused(() => delMany(kept.map(placeOf), this.store));
  }

  async of(person: string): Promise<readonly KeptMark[]> {
    const all = (await unlessRefused(() => entries<string, KeptMark>(this.store))) ?? [];
    return all.map(([, kept]) => kept).filter((kept) => kept.person === person);
  }
}

function placeOf({ url, mark }: KeptMark): string {
  return `${url} ${mark.key}`;
}

/** The part of the outbox that belongs to one page. */
export class KeptMarks implements MarkStore {
  private writing: Promise<unknown> = Promise.resolve();
  private readonly last = new Map<string, Mark>();

  constructor(
    private readonly outbox: MarkOutbox,
    private readonly person: string,
    private readonly url: string,
  ) {}

  put(mark: Mark): void {
    this.last.set(mark.key, mark);
    this.after(() => this.outbox.put(this.kept(mark)));
  }

  remove(mark: Mark): void {
    if (this.last.get(mark.key) === mark) {
      this.after(() => this.outbox.remove([this.kept(mark)]));
    }
  }

  async all(): Promise<readonly Mark[]> {
    await this.writing;
    const kept = await this.outbox.of(this.person);
    return kept.filter(({ url }) => url === this.url).map(({ mark }) => mark);
  }

  private kept(mark: Mark): KeptMark {
    return { person: this.person, url: this.url, mark };
  }

  private after(write: () => Promise<void>): void {
    this.writing = this.writing.then(write);
  }
}

/**
 * Sends marks that a closed or crashed page left behind; a sentence where some cannot be kept.
 * Those that the server does not take are dropped: their page is no longer this person's.
 */
export async function sendLeftMarks(
  outbox: MarkOutbox,
  person: string,
  serverAt: (url: string) => MarkServer = marksAt,
): Promise<string> {
  const left = await outbox.of(person);
  const told: string[] = [];
  for (const url of new Set(left.map((kept) => kept.url))) {
    const here = left.filter((kept) => kept.url === url);
    try {
      await serverAt(url).write(here.map(({ mark }) => mark), false);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (isTransient(error) || isSessionEnd(error)) {
        told.push(`${inWords(here.length)} not sent yet: ${why}`);
        continue;
      }
      told.push(`${inWords(here.length)} ${isKeptAsLate(error) ? "kept as late" : "not kept"}: ${why}`);
    }
    await outbox.remove(here);
  }
  return told.join(" ");
}

function inWords(count: number): string {
  const marks = count === 1 ? "One mark" : `${count} marks`;
  return `${marks} of missed synapses that you made before ${count === 1 ? "is" : "are"}`;
}
