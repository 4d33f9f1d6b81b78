/** Sends drawn slices, of each the newest only; keeps each until the server has it. */

import { batch, computed, signal } from "@preact/signals";

import { backoffMs } from "../../../core/frontend/backoff";
import { HttpError, isTransient } from "../../../core/frontend/http";
import { uuid4 } from "../../../core/frontend/uuid";
import { alone } from "../../../proofreading/frontend/tabs";
import { parseChanged, parseKept, type ChangedSlice, type KeptSlice as Stored } from "../contract";
import type { EditOrigin } from "../slice_book";
import { sendingLock, type DrawnSlice, type SliceOutbox } from "./kept_slices";

/** Somebody who draws on has their next stroke in the same version. */
export const RESTING_MS = 1200;
const CHANGED = "slice_changed";

export type QueueState = "saved" | "saving" | "unsaved";

/** Whose slices, and which tab sends them. */
export interface Keeping {
  readonly outbox: SliceOutbox;
  readonly person: string;
  /** As others read it. */
  readonly personName?: string;
  readonly tab: string;
}

export interface Hearing {
  /** The server keeps it as the version of that number. */
  readonly onKept: (stored: Stored, slice: DrawnSlice) => void;
  /** Somebody else was first. */
  readonly onChanged: (changed: ChangedSlice, slice: DrawnSlice) => void;
  /** The instance is somebody else's now; what was drawn is kept beside. */
  readonly onLost: (sentence: string) => void;
  /** Answers that trying again will not change. */
  readonly onRefused: (error: unknown) => void;
}

export type PostJson = (
  url: string,
  body: unknown,
  options?: { keepalive?: boolean },
) => Promise<unknown>;

type Slices = ReadonlyMap<number, DrawnSlice>;

export class SliceQueue {
  /** By slice: the newest that was not sent yet. */
  private readonly waiting = signal<Slices>(new Map());
  /** Those that were sent and not answered: they are sent again as they were, before newer ones of
   * their slices, for the server may have them. */
  private readonly sent = signal<Slices>(new Map());
  /** Slices that somebody else saved: the person says first what becomes of them. */
  private readonly held = new Set<number>();
  /** Slices that wait until it is known upon which version they were drawn. */
  private readonly resting = new Set<number>();
  private readonly hasFailed = signal(false);
  /** How many slices the server does not have yet. */
  readonly unsentCount = computed(
    () => new Set([...this.waiting.value.keys(), ...this.sent.value.keys()]).size,
  );
  readonly state = computed<QueueState>(() => {
    if (this.unsentCount.value === 0) {
      return "saved";
    }
    return this.hasFailed.value ? "unsaved" : "saving";
  });
  private timer: ReturnType<typeof setTimeout> | null = null;
  private sending: Promise<void> | null = null;
  private writing: Promise<unknown> = Promise.resolve();
  private failures = 0;
  private turn = 0;
  private hasStopped = false;

  constructor(
    private readonly url: string,
    private readonly post: PostJson,
    private readonly keeping: Keeping,
    private readonly hearing: Hearing,
  ) {}

  /** Keeps a slice here at once, and sends it when the hand rests. */
  add(z: number, base: number, runs: readonly number[] | null, origin: EditOrigin): void {
    const made_at = new Date().toISOString();
    this.replace({ key: uuid4(), z, base, runs, origin, made_at });
    if (!this.hasFailed.peek()) {
      this.sendIn(RESTING_MS);
    }
  }

  /** Sends all now; false where some of it could not be sent. */
  async flush(): Promise<boolean> {
    this.failures = 0;
    do {
      this.cancelTimer();
      await (this.sending ?? this.start());
    } while (this.sendable().length > 0 && !this.hasFailed.peek());
    return this.unsentCount.peek() === 0;
  }

  /** Tries again at once: after a failure, or after the person has logged in again. */
  retry(): void {
    this.failures = 0;
    this.hasFailed.value = false;
    this.sendIn(0);
  }

  /** Another version of the slice was taken instead of what was drawn. */
  drop(z: number): void {
    this.held.delete(z);
    const gone = this.waiting.peek().get(z);
    if (gone !== undefined) {
      this.waiting.value = without(this.waiting.peek(), z);
      this.forget([gone.key]);
    }
  }

  /** The slice is sent after all, in place of what somebody else saved. */
  insist(z: number, base: number, runs: readonly number[] | null, origin: EditOrigin): void {
    this.held.delete(z);
    this.add(z, base, runs, origin);
  }

  /** Keeps what is drawn of some slices here while `run` makes versions of them elsewhere. */
  async holding<Value>(zs: readonly number[], run: () => Promise<Value>): Promise<Value> {
    zs.forEach((z) => this.resting.add(z));
    try {
      return await run();
    } finally {
      zs.forEach((z) => this.resting.delete(z));
      if (this.sendable().length > 0 && !this.hasFailed.peek()) {
        this.sendIn(RESTING_MS);
      }
    }
  }

  /** What waits of a slice is a change of that version. */
  rebase(z: number, base: number): void {
    const waiting = this.waiting.peek().get(z);
    if (waiting !== undefined) {
      this.replace({ ...waiting, base });
    }
  }

  /** The last chance, while the page closes: what does not come through is kept in the browser. */
  async sendBeforeLeaving(): Promise<void> {
    const slices = this.sendable();
    if (slices.length > 0 && this.sending === null) {
      await this.post(this.url, { slices }, { keepalive: true }).catch(() => null);
    }
  }

  stop(): void {
    this.hasStopped = true;
    this.cancelTimer();
  }

  /** Resolves when all is in the browser's storage. */
  async written(): Promise<void> {
    await this.writing;
  }

  private sendable(): readonly DrawnSlice[] {
    const sent = this.sent.peek();
    const fresh = [...this.waiting.peek().values()].filter(
      ({ z }) => !sent.has(z) && !this.held.has(z) && !this.resting.has(z),
    );
    return [...sent.values(), ...fresh];
  }

  private start(): Promise<void> {
    const slices = this.sendable();
    if (slices.length === 0) {
      return Promise.resolve();
    }
    const before = this.sent.peek();
    const waiting = [...this.waiting.peek()].filter(
      ([z, slice]) => before.has(z) || !slices.includes(slice),
    );
    batch(() => {
      this.sent.value = new Map(slices.map((slice) => [slice.z, slice]));
      this.waiting.value = new Map(waiting);
    });
    this.sending = this.send(slices).finally(() => {
      this.sending = null;
      if (this.sendable().length > 0 && !this.hasFailed.peek()) {
        this.sendIn(0);
      }
    });
    return this.sending;
  }

  private async send(slices: readonly DrawnSlice[]): Promise<void> {
    try {
      const answer = await alone(sendingLock(this.url), () => this.post(this.url, { slices }));
      this.take(parseKept(answer), [], slices);
    } catch (error) {
      if (error instanceof HttpError && error.code === CHANGED) {
        const { held, slices: changed } = parseChanged(error.details);
        this.take(keptBeside(error.details), changed, slices, held);
        if (!held) {
          this.hearing.onLost(error.message);
        }
      } else {
        this.failed(error);
      }
    }
  }

  private take(
    kept: readonly Stored[],
    changed: readonly ChangedSlice[],
    slices: readonly DrawnSlice[],
    isHeld = true,
  ): void {
    this.failures = 0;
    this.hasFailed.value = false;
    // What was drawn meanwhile is a change of what is stored now. It is written before the other is
    // forgotten: whatever happens in between, both can be sent again.
    for (const later of this.waiting.peek().values()) {
      const stored = kept.find(({ z }) => z === later.z);
      if (stored !== undefined) {
        this.replace({ ...later, base: stored.number });
      }
    }
    const answered = new Set([...kept, ...changed].map(({ z }) => z));
    const settled = slices.filter(({ z }) => answered.has(z));
    this.sent.value = new Map([...this.sent.peek()].filter(([z]) => !answered.has(z)));
    this.forget(settled.map(({ key }) => key));
    for (const slice of settled) {
      const other = changed.find(({ z }) => z === slice.z);
      const stored = kept.find(({ z }) => z === slice.z);
      if (other !== undefined && isHeld) {
        this.held.add(slice.z);
        this.hearing.onChanged(other, slice);
      } else if (stored !== undefined) {
        this.hearing.onKept(stored, slice);
      }
    }
    if (settled.length < slices.length) {
      this.failed(new Error("The server answered, but did not keep all slices."));
    }
  }

  private failed(error: unknown): void {
    this.hasFailed.value = true;
    if (!isTransient(error)) {
      this.hearing.onRefused(error);
      return;
    }
    this.failures += 1;
    this.sendIn(backoffMs(this.failures));
  }

  private replace(slice: DrawnSlice): void {
    const before = this.waiting.peek().get(slice.z);
    this.waiting.value = new Map([...this.waiting.peek(), [slice.z, slice]]);
    this.turn += 1;
    const { outbox, person, tab } = this.keeping;
    const kept = { person, url: this.url, slice, tab, storedAt: Date.now(), turn: this.turn };
    this.writing = this.writing.then(() => outbox.put(kept));
    if (before !== undefined && before.key !== slice.key) {
      this.forget([before.key]);
    }
  }

  private forget(keys: readonly string[]): void {
    this.writing = this.writing.then(() => this.keeping.outbox.remove(keys));
  }

  private sendIn(ms: number): void {
    this.cancelTimer();
    if (this.hasStopped) {
      return;
    }
    this.timer = setTimeout(() => {
      this.timer = null;
      if (this.sending === null) {
        void this.start();
      }
    }, ms);
  }

  private cancelTimer(): void {
    if (this.timer !== null) {
      clearTimeout(this.timer);
      this.timer = null;
    }
  }
}

/** Those of a request of which others were refused. */
function keptBeside(details: unknown): readonly Stored[] {
  const source = details as { readonly kept?: unknown } | null;
  return source?.kept === undefined ? [] : parseKept(source);
}

function without(slices: Slices, z: number): Slices {
  return new Map([...slices].filter(([each]) => each !== z));
}
