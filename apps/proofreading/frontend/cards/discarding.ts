/** False positives at the end: how many there are, discarding them, and taking that back. */

import { signal } from "@preact/signals";

import { isTransient } from "../../../core/frontend/http";
import { uuid4 } from "../../../core/frontend/uuid";
import type { Transport } from "../transport";
import { parseDiscarded, type Discarded, type DiscardedBatch } from "./cards_contract";

export interface DiscardUrls {
  readonly discard: string;
  readonly undo: string;
}

export class Discarding {
  /** What was discarded last and not taken back. */
  readonly last = signal<DiscardedBatch | null>(null);
  /** How many are discarded in all. */
  readonly count = signal(0);
  /** Why nothing can be discarded now, or null. */
  readonly fixed = signal<string | null>(null);
  readonly isAtIt = signal(false);
  /** The key under which it was tried: where the answer was lost, it is not done twice. */
  private key: string | null = null;

  constructor(
    private readonly urls: DiscardUrls,
    private readonly transport: Transport,
  ) {}

  tell({ counts, lastDiscard }: Discarded, fixed: string | null): void {
    this.last.value = lastDiscard;
    this.count.value = counts.discarded;
    this.fixed.value = fixed;
  }

  /** Discards so many: all that there are. Throws what the request does. */
  async discard(count: number): Promise<void> {
    this.key ??= uuid4();
    try {
      await this.send(this.urls.discard, { key: this.key, count });
    } catch (error) {
      if (!isTransient(error)) {
        this.key = null;
      }
      throw error;
    }
    this.key = null;
  }

  /** Puts back what was discarded last. Throws what the request does. */
  async takeBack(): Promise<void> {
    const { value: last } = this.last;
    if (last !== null) {
      await this.send(this.urls.undo, { key: last.key });
    }
  }

  private async send(url: string, body: unknown): Promise<void> {
    this.isAtIt.value = true;
    try {
      const answer = await this.transport.postJson(url, body);
      this.tell(parseDiscarded(answer), this.fixed.value);
    } finally {
      this.isAtIt.value = false;
    }
  }
}
