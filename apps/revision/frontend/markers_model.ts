/** The two points: where they are, what was set and is not stored yet, what is to be said of them. */

import { batch, computed, signal } from "@preact/signals";

import { backoffMs } from "../../core/frontend/backoff";
import { isTransient } from "../../core/frontend/http";
import { uuid4 } from "../../core/frontend/uuid";
import { parseMarkers, type Marker, type Markers, type Side } from "./contract";
import { NotSavedError } from "./saving/not_saved";
import type { SetPoint } from "./saving/kept_slices";
import type { Keeping } from "./saving/slice_queue";

const UNSENT = "A point has not reached the server yet. Try again when it is saved.";

export const SIDES = ["pre", "post"] as const;

/** A worker looks in which segment a point lies; it is asked so often whether it has. */
const CHECKS = 8;
const CHECK_MS = 1500;

export type Nm = readonly [x: number, y: number, z: number];

interface MarkerUrls {
  readonly markers: string;
  readonly swap: string;
  readonly reset: string;
}

interface MarkerTransport {
  postJson(url: string, body: unknown, options?: { keepalive?: boolean }): Promise<unknown>;
  getJson(url: string): Promise<unknown>;
}

export class MarkersModel {
  readonly stored;
  readonly unsent = signal<Readonly<Partial<Record<Side, SetPoint>>>>({});
  readonly unsentCount = computed(() => Object.keys(this.unsent.value).length);
  readonly hasFailed = signal(false);
  private sending: Promise<void> | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private failures = 0;
  private checks = 0;
  private hasStopped = false;
  private writing: Promise<unknown> = Promise.resolve();
  private turn = 0;

  constructor(
    markers: Markers,
    private readonly urls: MarkerUrls,
    private readonly transport: MarkerTransport,
    private readonly keeping: Keeping,
    /** Hears of what trying again will not change. */
    private readonly onRefused: (error: unknown) => void,
    /** A point is not where the person put it: the server, or somebody else, has the last word. */
    private readonly onMoved: () => void = () => undefined,
  ) {
    this.stored = signal(markers);
    this.checkSoon();
  }

  /** Where a point is to be seen, in nm; null where there is none. */
  nmOf(side: Side): Nm | null {
    const unsent = this.unsent.value[side];
    const [x, y, z] = (unsent === undefined ? this.stored.value[side].nm : unsent.nm) ?? [];
    return x === undefined || y === undefined || z === undefined ? null : [x, y, z];
  }

  /** Null takes the point away. */
  set(side: Side, nm: Nm | null): void {
    const base = this.stored.peek()[side].number;
    const made_at = new Date().toISOString();
    this.keep([{ side, nm, base, key: uuid4(), made_at }]);
    this.sendIn(0);
  }

  /** Whether that was done. */
  swap(): Promise<boolean> {
    return this.change(this.urls.swap, () => {
      const { pre, post } = this.stored.peek();
      return { keys: [uuid4(), uuid4()], bases: { pre: pre.number, post: post.number } };
    });
  }

  reset(side: Side): Promise<boolean> {
    return this.change(this.urls.reset, () => {
      const base = this.stored.peek()[side].number;
      return { side, base, key: uuid4() };
    });
  }

  /** Sends what is unsent; whether nothing is. */
  async flush(): Promise<boolean> {
    this.cancelTimer();
    this.failures = 0;
    await this.send();
    return this.unsentCount.peek() === 0;
  }

  retry(): void {
    this.failures = 0;
    if (this.unsentCount.peek() > 0) {
      this.sendIn(0);
    }
  }

  /** The last chance, while the page closes: what does not come through is kept in the browser. */
  async sendBeforeLeaving(): Promise<void> {
    const markers = Object.values(this.unsent.peek());
    if (markers.length > 0 && this.sending === null) {
      const options = { keepalive: true };
      await this.transport.postJson(this.urls.markers, { markers }, options).catch(() => null);
    }
  }

  /** Resolves when all is in the browser's storage. */
  async written(): Promise<void> {
    await this.writing;
  }

  stop(): void {
    this.hasStopped = true;
    this.cancelTimer();
  }

  private async change(url: string, bodyOf: () => unknown): Promise<boolean> {
    if (!(await this.flush())) {
      this.onRefused(new NotSavedError(UNSENT));
      return false;
    }
    try {
      this.take(await this.transport.postJson(url, bodyOf()));
      return true;
    } catch (error) {
      await this.refuse(error);
      return false;
    }
  }

  private send(): Promise<void> {
    this.sending ??= this.sendUnsent().finally(() => (this.sending = null));
    return this.sending;
  }

  private async sendUnsent(): Promise<void> {
    const sent = Object.values(this.unsent.peek());
    if (sent.length === 0) {
      return;
    }
    try {
      this.take(await this.transport.postJson(this.urls.markers, { markers: sent }));
      this.hasFailed.value = false;
      this.failures = 0;
      this.forget(sent);
    } catch (error) {
      this.hasFailed.value = true;
      if (isTransient(error)) {
        this.failures += 1;
        this.sendIn(backoffMs(this.failures));
      } else {
        await this.refuse(error, sent);
      }
    }
    if (this.unsentCount.peek() > 0 && !this.hasFailed.peek()) {
      this.sendIn(0);
    }
  }

  /** What the server does not take is told; it says what holds instead. */
  private async refuse(error: unknown, sent: readonly SetPoint[] = []): Promise<void> {
    this.onRefused(error);
    if (isConflict(error)) {
      this.hasFailed.value = false;
      this.forget(sent);
      this.onMoved();
      await this.refresh(() => undefined); // what is wrong is told
    }
  }

  private forget(sent: readonly SetPoint[]): void {
    const keys = new Set(sent.map(({ key }) => key));
    const left = Object.values(this.unsent.peek()).filter(({ key }) => !keys.has(key));
    // What was set meanwhile is a change of what is stored now.
    const stored = this.stored.peek();
    batch(() => {
      this.unsent.value = {};
      this.keep(left.map((one) => ({ ...one, base: stored[one.side].number })));
    });
    this.drop([...keys]);
  }

  /** Adds them to what is unsent, each in place of what was of its side. */
  private keep(points: readonly SetPoint[]): void {
    const { outbox, person, tab } = this.keeping;
    const url = this.urls.markers;
    for (const point of points) {
      const before = this.unsent.peek()[point.side];
      this.unsent.value = { ...this.unsent.peek(), [point.side]: point };
      this.turn += 1;
      const kept = { person, url, point, tab, storedAt: Date.now(), turn: this.turn };
      this.writing = this.writing.then(() => outbox.put(kept));
      if (before !== undefined && before.key !== point.key) {
        this.drop([before.key]);
      }
    }
  }

  private drop(keys: readonly string[]): void {
    this.writing = this.writing.then(() => this.keeping.outbox.remove(keys));
  }

  private take(answer: unknown): void {
    this.stored.value = parseMarkers(answer);
    this.checks = 0;
    this.checkSoon();
  }

  private async refresh(heed: (error: unknown) => void = this.onRefused): Promise<void> {
    try {
      this.stored.value = parseMarkers(await this.transport.getJson(this.urls.markers));
    } catch (error) {
      if (!isTransient(error)) {
        heed(error);
      }
    }
  }

  /** Looks whether a worker has looked at points that are new. */
  private checkSoon(): void {
    const isNew = (one: Marker) => one.nm !== null && one.number > 0 && !one.checked;
    const { pre, post } = this.stored.peek();
    if ((!isNew(pre) && !isNew(post)) || this.checks >= CHECKS || this.hasStopped) {
      return;
    }
    this.checks += 1;
    setTimeout(() => {
      if (!this.hasStopped && this.unsentCount.peek() === 0) {
        void this.refresh().then(() => this.checkSoon());
      }
    }, CHECK_MS * this.checks);
  }

  private sendIn(ms: number): void {
    this.cancelTimer();
    if (!this.hasStopped) {
      this.timer = setTimeout(() => void this.send(), ms);
    }
  }

  private cancelTimer(): void {
    if (this.timer !== null) {
      clearTimeout(this.timer);
      this.timer = null;
    }
  }
}

function isConflict(error: unknown): boolean {
  const status = (error as { readonly status?: unknown }).status;
  return status === 409 || status === 400;
}
