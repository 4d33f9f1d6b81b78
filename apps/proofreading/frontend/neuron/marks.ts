/** Where somebody thinks that a synapse was missed: marks, kept until the server has them. */

import { computed, signal, type ReadonlySignal } from "@preact/signals";

import { backoffMs } from "../../../core/frontend/backoff";
import { getNews, HttpError, isTransient, postJson } from "../../../core/frontend/http";
import { flag, list, object, text, type Read } from "../../../core/frontend/readers";
import { uuid4 } from "../../../core/frontend/uuid";
import type { QueueState } from "../verdict_queue";
import { triple, type Triple } from "./contract";
import { reasonsOf, sendMarks } from "./mark_sending";

const mark = object({ key: text, position: triple, note: text, removed: flag });
const marksAnswer = object({ marks: list(mark) });

/** `position`: a voxel of the table. What is sent again under its key replaces what was there. */
export type Mark = Read<typeof mark>;

export function newMark(position: Triple): Mark {
  return { key: uuid4(), position, note: "", removed: false };
}

/** The marks of one page, at the server. */
export interface MarkServer {
  read(): Promise<readonly Mark[]>;
  write(marks: readonly Mark[], keepalive: boolean): Promise<void>;
}

export function marksAt(url: string): MarkServer {
  return {
    read: async () => marksAnswer((await getNews(url, null))?.body, "marks").marks,
    write: async (marks, keepalive) => void (await postJson(url, { marks }, { keepalive })),
  };
}

/** Where marks are kept until the server has them, so that a reload loses none. */
export interface MarkStore {
  put(mark: Mark): void;
  /** Forgets a mark unless it has become another one meanwhile. */
  remove(mark: Mark): void;
  all(): Promise<readonly Mark[]>;
}

const SEND_AFTER_MS = 120;
const NOTE_AFTER_MS = 600;

export class MarkKeeper {
  private readonly byKey = signal<ReadonlyMap<string, Mark>>(new Map());
  private readonly stateSignal = signal<QueueState>("saved");
  /** Those that are to be seen, in the order in which they were set. */
  readonly shown = computed(() => [...this.byKey.value.values()].filter((one) => !one.removed));
  private readonly unsent = new Map<string, Mark>();
  private timer: ReturnType<typeof setTimeout> | null = null;
  private sending: Promise<void> | null = null;
  private failures = 0;
  private stopped = false;

  /** `onTrouble` hears of everything that sending again will not mend. */
  constructor(
    private readonly server: MarkServer,
    private readonly store: MarkStore,
    private readonly onTrouble: (error: unknown) => void,
  ) {}

  get state(): ReadonlySignal<QueueState> {
    return this.stateSignal;
  }

  get unsentCount(): number {
    return this.unsent.size;
  }

  /** Shows what the server has, with what this browser kept of it and has not sent. */
  async open(): Promise<void> {
    try {
      const [there, kept] = [await this.server.read(), await this.store.all()];
      const known = new Map(there.map((one) => [one.key, one]));
      for (const [key, one] of this.byKey.value) {
        known.set(key, one); // set while this was asked for
      }
      this.byKey.value = known;
      kept.filter(({ key }) => !this.unsent.has(key)).forEach((one) => this.put(one, SEND_AFTER_MS));
    } catch (error) {
      this.heed(error, () => void this.open());
    }
  }

  add(position: Triple): Mark {
    const made = newMark(position);
    this.put(made, SEND_AFTER_MS);
    return made;
  }

  note(key: string, note: string): void {
    this.change(key, { note }, NOTE_AFTER_MS);
  }

  remove(key: string): void {
    this.change(key, { removed: true }, SEND_AFTER_MS);
  }

  restore(key: string): void {
    this.change(key, { removed: false }, SEND_AFTER_MS);
  }

  /** Sends all that is unsent; false where some of it could not be sent now. */
  async flush(): Promise<boolean> {
    this.cancelTimer();
    await this.sending;
    while (this.unsent.size > 0 && !this.stopped) {
      this.cancelTimer();
      await this.start();
      if (this.stateSignal.value === "unsaved") {
        return false;
      }
    }
    return this.unsent.size === 0;
  }

  /** Tries again at once. */
  retry(): void {
    this.failures = 0;
    if (this.unsent.size > 0) {
      this.sendIn(0);
    }
  }

  /** Sends what is unsent while the browser closes the page. */
  async sendBeforeLeaving(): Promise<void> {
    if (this.unsent.size > 0) {
      await this.send(true);
    }
  }

  stop(): void {
    this.stopped = true;
    this.cancelTimer();
  }

  private change(key: string, to: Partial<Mark>, afterMs: number): void {
    const before = this.byKey.value.get(key);
    if (before !== undefined) {
      this.put({ ...before, ...to }, afterMs);
    }
  }

  private put(one: Mark, afterMs: number): void {
    this.byKey.value = new Map(this.byKey.value).set(one.key, one);
    this.unsent.set(one.key, one);
    this.store.put(one);
    if (this.stateSignal.value !== "unsaved") {
      this.stateSignal.value = "saving";
      this.sendIn(afterMs);
    }
  }

  private sendIn(ms: number): void {
    this.cancelTimer();
    if (!this.stopped) {
      this.timer = setTimeout(() => void this.start(), ms);
    }
  }

  private start(): Promise<void> {
    this.timer = null;
    this.stateSignal.value = "saving";
    this.sending ??= this.send(false).finally(() => {
      this.sending = null;
    });
    return this.sending;
  }

  private async send(keepalive: boolean): Promise<void> {
    const refused: HttpError[] = [];
    const late: HttpError[] = [];
    try {
      await sendMarks(this.server, [...this.unsent.values()], keepalive, {
        kept: (marks) => this.forget(marks),
        late: (marks, why) => {
          this.forget(marks);
          late.push(why);
        },
        refused: (mark, why) => {
          this.drop(mark);
          refused.push(why);
        },
      });
      this.sent();
    } catch (error) {
      this.heed(error, () => void this.start());
    } finally {
      this.tellOf(refused, late);
    }
  }

  private sent(): void {
    this.failures = 0;
    this.stateSignal.value = this.unsent.size === 0 ? "saved" : "saving";
    if (this.unsent.size > 0) {
      this.sendIn(SEND_AFTER_MS); // changed while they were sent
    }
  }

  private tellOf(refused: readonly HttpError[], late: readonly HttpError[]): void {
    const [first] = refused;
    if (first !== undefined) {
      this.onTrouble(refused.length === 1 ? first : new HttpError(400, first.code, reasonsOf(refused)));
    }
    late.slice(0, 1).forEach((error) => this.onTrouble(error));
  }

  private forget(batch: readonly Mark[]): void {
    for (const one of batch) {
      if (this.unsent.get(one.key) === one) {
        this.unsent.delete(one.key);
      }
      this.store.remove(one);
    }
  }

  /** It is not shown any longer, unless it has become another one that is yet to be sent. */
  private drop(mark: Mark): void {
    this.forget([mark]);
    if (!this.unsent.has(mark.key)) {
      const left = new Map(this.byKey.value);
      left.delete(mark.key);
      this.byKey.value = left;
    }
  }

  private heed(error: unknown, again: () => void): void {
    this.stateSignal.value = this.unsent.size > 0 || isTransient(error) ? "unsaved" : "saved";
    if (!isTransient(error)) {
      this.onTrouble(error);
      return;
    }
    this.failures += 1;
    if (!this.stopped) {
      this.cancelTimer();
      this.timer = setTimeout(again, backoffMs(this.failures));
    }
  }

  private cancelTimer(): void {
    if (this.timer !== null) {
      clearTimeout(this.timer);
      this.timer = null;
    }
  }
}
