/** Sends labels in the order in which they were made; keeps each until the server has it. */

import { signal, type ReadonlySignal } from "@preact/signals";

import { backoffMs } from "../../core/frontend/backoff";
import { isTransient } from "../../core/frontend/http";
import { uuid4 } from "../../core/frontend/uuid";
import { NO_REASONS, type Label, type Reasons } from "./labels";

const DEBOUNCE_MS = 120;
/** The server takes a thousand at once. */
export const LARGEST_BATCH = 500;

/** A label as it is sent. The key makes sending it twice harmless. */
export interface Verdict extends Reasons {
  readonly key: string;
  readonly item: number;
  readonly label: Label;
  readonly made_at: string;
  /** The key of the verdict on this item that was last seen here; null for none. */
  readonly after: string | null;
}

/** Where labels are kept until the server has them, for all tabs of a browser. */
export interface LabelStore {
  put(verdict: Verdict): void;
  remove(keys: readonly string[]): void;
  /** Runs while no other tab sends labels to the same place. What is not there has not
      necessarily been sent: a browser may refuse its storage, or lose it. */
  alone(run: () => Promise<void>): Promise<void>;
}

/** Keeps nothing beside the queue itself. */
export const NO_STORE: LabelStore = {
  put: () => undefined,
  remove: () => undefined,
  alone: (run) => run(),
};

/** saved: nothing is unsent. saving: on its way. unsaved: the last attempt failed. */
export type QueueState = "saved" | "saving" | "unsaved";

/** Sends verdicts; resolves with the keys that the server keeps. */
export type SendVerdicts = (verdicts: readonly Verdict[]) => Promise<readonly string[]>;

export function newVerdict(
  item: number,
  label: Label,
  after: string | null = null,
  { categories, note }: Reasons = NO_REASONS,
): Verdict {
  const made_at = new Date().toISOString();
  return { key: uuid4(), item, label, categories, note, made_at, after };
}

export class VerdictQueue {
  private readonly waiting: Verdict[] = [];
  private readonly stateSignal = signal<QueueState>("saved");
  private sending: Promise<void> | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private failures = 0;
  private stopped = false;

  /** `onRefused` hears of answers that trying again will not change, such as a stale lease. */
  constructor(
    private readonly send: SendVerdicts,
    private readonly onRefused: (error: unknown) => void,
    private readonly store: LabelStore = NO_STORE,
  ) {}

  get state(): ReadonlySignal<QueueState> {
    return this.stateSignal;
  }

  /** What the server has not confirmed, oldest first. */
  unsent(): readonly Verdict[] {
    return [...this.waiting];
  }

  add(verdict: Verdict): void {
    this.waiting.push(verdict);
    this.store.put(verdict);
    if (this.failures === 0 && this.stateSignal.value !== "unsaved") {
      this.stateSignal.value = "saving";
      this.sendIn(DEBOUNCE_MS);
    }
  }

  /** Tries again at once: after a failure, or after the person has logged in again. */
  retry(): void {
    this.failures = 0;
    if (this.waiting.length > 0) {
      this.stateSignal.value = "saving";
      this.sendIn(0);
    }
  }

  /** Holds back what is unsent until `retry`; resolves when nothing is on its way. */
  async hold(): Promise<void> {
    this.cancelTimer();
    await this.sending;
    this.cancelTimer();
  }

  /** Sends all that is unsent; false where some of it could not be sent now. */
  async flush(): Promise<boolean> {
    do {
      await this.hold();
      if (this.waiting.length === 0) {
        return true;
      }
      this.start();
      await this.sending;
    } while (this.stateSignal.value !== "unsaved" && !this.stopped);
    return false;
  }

  /** Forgets verdicts that reached the server in another way. */
  markKept(keys: Iterable<string>): void {
    const kept = new Set(keys);
    this.store.remove([...kept]);
    const left = this.waiting.filter((verdict) => !kept.has(verdict.key));
    this.waiting.splice(0, this.waiting.length, ...left);
    if (this.waiting.length === 0) {
      this.failures = 0;
      this.stateSignal.value = "saved";
    }
  }

  /** Ends sending for good. */
  stop(): void {
    this.stopped = true;
    this.cancelTimer();
  }

  private sendIn(ms: number): void {
    if (this.stopped || this.sending !== null) {
      return;
    }
    this.cancelTimer();
    this.timer = setTimeout(() => this.start(), ms);
  }

  private start(): void {
    this.timer = null;
    if (this.sending !== null || this.stopped) {
      return;
    }
    this.stateSignal.value = "saving";
    this.sending = this.sendWaiting().finally(() => {
      this.sending = null;
      if (this.waiting.length > 0 && this.stateSignal.value === "saving") {
        this.sendIn(0);
      }
    });
  }

  private async sendWaiting(): Promise<void> {
    const batch = this.waiting.slice(0, LARGEST_BATCH);
    try {
      await this.store.alone(async () => this.markKept(await this.send(batch)));
    } catch (error) {
      this.failed(error);
      return;
    }
    if (this.waiting.some((verdict) => batch.includes(verdict))) {
      this.failed(new Error("The server answered, but did not keep all labels."));
      return;
    }
    this.failures = 0;
    this.stateSignal.value = this.waiting.length > 0 ? "saving" : "saved";
  }

  private failed(error: unknown): void {
    this.stateSignal.value = "unsaved";
    if (!isTransient(error)) {
      this.onRefused(error);
      return;
    }
    this.failures += 1;
    if (!this.stopped) {
      this.timer = setTimeout(() => this.start(), backoffMs(this.failures));
    }
  }

  private cancelTimer(): void {
    if (this.timer !== null) {
      clearTimeout(this.timer);
      this.timer = null;
    }
  }
}
