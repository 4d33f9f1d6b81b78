/** Marks that the server does not have yet, kept in the browser, and sent when it is here again. */

import { createStore, delMany, entries, set } from "idb-keyval";

import { HttpError, isTransient } from "../../../core/frontend/http";
import { unlessRefused } from "../outbox";
import { reasonsOf, sendMarks } from "./mark_sending";
import { marksAt, type Mark, type MarkServer, type MarkStore } from "./marks";

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
 * Dropped are those that the server will never take: one that cannot be used, and those of a page
 * that is not there. All others wait for the next time.
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
    const sending = new LeftMarks(here);
    await sending.send(serverAt(url));
    await outbox.remove(here.filter(({ mark }) => !sending.waiting.has(mark)));
    told.push(...sending.told());
  }
  return told.join(" ");
}

/** Those of one page, on their way. */
class LeftMarks {
  /** Those of which nothing was heard yet. */
  readonly waiting: Set<Mark>;
  private readonly refused: HttpError[] = [];
  private late = 0;
  private whyLate = "";
  private failure: unknown = null;

  constructor(kept: readonly KeptMark[]) {
    this.waiting = new Set(kept.map(({ mark }) => mark));
  }

  async send(server: MarkServer): Promise<void> {
    const heard = (marks: readonly Mark[]) => marks.forEach((mark) => this.waiting.delete(mark));
    try {
      await sendMarks(server, [...this.waiting], false, {
        kept: heard,
        late: (marks, why) => {
          heard(marks);
          this.late += marks.length;
          this.whyLate = why.message;
        },
        refused: (mark, why) => {
          heard([mark]);
          this.refused.push(why);
        },
      });
    } catch (error) {
      this.heed(error);
    }
  }

  private heed(error: unknown): void {
    if (error instanceof HttpError && error.status === 404) {
      this.waiting.forEach(() => this.refused.push(error));
      this.waiting.clear();
    } else if (error instanceof HttpError || isTransient(error)) {
      this.failure = error;
    } else {
      throw error;
    }
  }

  told(): readonly string[] {
    const why = this.failure instanceof Error ? this.failure.message : "";
    return [
      inWords(this.refused.length, "not kept", reasonsOf(this.refused)),
      inWords(this.late, "kept as late", this.whyLate),
      inWords(this.waiting.size, "not sent yet", why),
    ].filter((sentence) => sentence !== "");
  }
}

/** Empty for none. */
function inWords(count: number, became: string, why: string): string {
  const marks = count === 1 ? "One mark" : `${count.toLocaleString("en")} marks`;
  const are = count === 1 ? "is" : "are";
  return count === 0
    ? ""
    : `${marks} of missed synapses that you made before ${are} ${became}: ${why}`;
}
