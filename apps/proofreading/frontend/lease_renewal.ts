/** Keeps the lease of a page alive while the person is at work on it. */

import { isTransient } from "../../core/frontend/http";

const INTERVAL_MS = 60_000;

export class LeaseRenewal {
  private active = false;
  private readonly timer: ReturnType<typeof setInterval>;

  /** `renew` asks the server for more time; `onRefused` hears that there is none. */
  constructor(
    private readonly renew: () => Promise<unknown>,
    private readonly onRefused: (error: unknown) => void,
  ) {
    this.timer = setInterval(() => void this.renewIfActive(), INTERVAL_MS);
  }

  /** Notes that the person did something. */
  noteActivity(): void {
    this.active = true;
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async renewIfActive(): Promise<void> {
    if (!this.active) {
      return;
    }
    this.active = false;
    try {
      await this.renew();
    } catch (error) {
      if (!isTransient(error)) {
        this.onRefused(error);
        return;
      }
      this.active = true; // the next turn tries again
    }
  }
}
