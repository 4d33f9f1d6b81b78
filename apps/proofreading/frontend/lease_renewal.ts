/** Keeps the lease of a page alive while the person is at work on it, and knows how long it holds. */

import { computed, signal } from "@preact/signals";

import { isTransient } from "../../core/frontend/http";

const INTERVAL_MS = 60_000;
const TICK_MS = 1000;
/** The last minutes: people are warned, and what they do renews the lease at once. */
const LAST_S = 300;

export class LeaseRenewal {
  /** For how many seconds the page is still held, as far as is known. */
  readonly leftS;
  /** Whether these are the last minutes. */
  readonly isEnding = computed(() => this.leftS.value <= Math.min(LAST_S, this.heldS / 4));
  private active = false;
  private asking = false;
  private endsAtMs: number;
  private readonly timers: readonly ReturnType<typeof setInterval>[];

  /**
   * `renew` asks the server for more time; `onRefused` hears that there is none. `heldS`: for how
   * long the server holds a page since the last sign of its person.
   */
  constructor(
    private readonly renew: () => Promise<unknown>,
    private readonly onRefused: (error: unknown) => void,
    private readonly heldS: number,
  ) {
    this.leftS = signal(heldS);
    this.endsAtMs = Date.now() + heldS * 1000;
    this.timers = [
      setInterval(() => void this.renewIfActive(), INTERVAL_MS),
      setInterval(() => this.count(), TICK_MS),
    ];
  }

  /** Notes that the person did something. */
  noteActivity(): void {
    this.active = true;
    if (this.isEnding.peek()) {
      void this.renewIfActive();
    }
  }

  /** The server has heard of the person, who asked at `askedAtMs`, and holds the page further. */
  noteHeld(askedAtMs: number): void {
    this.endsAtMs = askedAtMs + this.heldS * 1000;
    this.count();
  }

  stop(): void {
    for (const timer of this.timers) {
      clearInterval(timer);
    }
  }

  private count(): void {
    this.leftS.value = Math.max(0, Math.ceil((this.endsAtMs - Date.now()) / 1000));
  }

  private async renewIfActive(): Promise<void> {
    if (!this.active || this.asking) {
      return;
    }
    this.active = false;
    this.asking = true;
    const askedAtMs = Date.now();
    try {
      await this.renew();
      this.noteHeld(askedAtMs);
    } catch (error) {
      if (!isTransient(error)) {
        this.onRefused(error);
        return;
      }
      this.active = true; // the next turn tries again
    } finally {
      this.asking = false;
    }
  }
}

/** "29 min", and in the last minutes "4:59". */
export function timeLeft(seconds: number, isEnding: boolean): string {
  if (!isEnding) {
    return `${Math.ceil(seconds / 60)} min`;
  }
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
