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
  /** The key under which it was tried, and of which synapses: where the answer was lost, it is not
   * done twice; what is to be discarded by then may be others. */
  private tried: { readonly key: string; readonly items: string } | null = null;

  constructor(
    private readonly urls: DiscardUrls,
    private readonly transport: Transport,
  ) {}

  tell({ counts, lastDiscard }: Omit<Discarded, "count">, fixed: string | null): void {
    this.last.value = lastDiscard;
    this.count.value = counts.discarded;
    this.fixed.value = fixed;
  }

  /** Discards these: all that there are. How many the server has discarded. Throws what the request
   * does. */
  async discard(items: readonly number[]): Promise<number> {
    const wanted = [...items].sort((one, other) => one - other).join();
    if (this.tried?.items !== wanted) {
      this.tried = { key: uuid4(), items: wanted };
    }
    try {
      const { key } = this.tried;
      const { count } = await this.send(this.urls.discard, { key, count: items.length });
      this.tried = null;
      return count;
    } catch (error) {
      if (!isTransient(error)) {
        this.tried = null;
      }
      throw error;
    }
  }

  /** Puts back what was discarded last. Throws what the request does. */
  async takeBack(): Promise<void> {
    const { value: last } = this.last;
    if (last !== null) {
      await this.send(this.urls.undo, { key: last.key });
    }
  }

  private async send(url: string, body: unknown): Promise<Discarded> {
    this.isAtIt.value = true;
    try {
      const answer = parseDiscarded(await this.transport.postJson(url, body));
      this.tell(answer, this.fixed.value);
      return answer;
    } finally {
      this.isAtIt.value = false;
    }
  }
}
