/** One leased page: its tiles, their pictures, and the labels on their way to the server. */

import { computed, signal } from "@preact/signals";

import { fieldsOf, listField } from "../../core/frontend/fields";
import { HttpError } from "../../core/frontend/http";
import type { PagePart } from "./contract";
import { countLabels, type Label } from "./labels";
import { LeaseRenewal } from "./lease_renewal";
import { PageImages } from "./page_images";
import { TileModel } from "./tile_model";
import type { Transport } from "./transport";
import { newVerdict, VerdictQueue, type Verdict } from "./verdict_queue";

/** True where the page was submitted or has gone to someone else. */
export function isStaleLease(error: unknown): error is HttpError {
  return error instanceof HttpError && error.code === "stale_lease";
}

export class PageSession {
  readonly tiles: readonly TileModel[];
  readonly images: PageImages;
  readonly queue: VerdictQueue;
  readonly counts = computed(() => countLabels(this.tiles.map((tile) => tile.standing.value)));
  /** Whether the page was submitted elsewhere or has gone to someone else. */
  readonly lost = signal(false);
  private readonly renewal: LeaseRenewal;

  /** `onTrouble` hears of everything that asking again will not mend. */
  constructor(
    readonly page: PagePart,
    private readonly transport: Transport,
    private readonly onTrouble: (error: unknown) => void,
  ) {
    const { urls } = page;
    this.tiles = page.tiles
      .map((start) => new TileModel(start))
      .sort((one, other) => one.position - other.position);
    this.images = new PageImages(
      this.tiles,
      urls,
      (url, signal) => transport.getFrames(url, { signal }),
      onTrouble,
    );
    this.queue = new VerdictQueue((verdicts) => this.send(verdicts), onTrouble);
    this.renewal = new LeaseRenewal(() => transport.postJson(urls.renew, {}), onTrouble);
  }

  label(tile: TileModel, label: Label): void {
    this.noteActivity();
    if (tile.label.value !== label) {
      tile.say(label);
      this.queue.add(newVerdict(tile.item, label));
    }
  }

  noteActivity(): void {
    this.renewal.noteActivity();
  }

  /**
   * Hands the page in, with what is unsent and the label of every tile.
   *
   * Where that fails the labels stay in the queue and are sent by it: whatever became of the
   * page, sending a label twice is harmless and not sending it would lose it.
   */
  async submit(): Promise<void> {
    await this.queue.hold();
    const verdicts = this.queue.unsent();
    const labels = Object.fromEntries(this.tiles.map((tile) => [tile.item, tile.label.value]));
    try {
      await this.transport.postJson(this.page.urls.submit, { verdicts, labels });
    } catch (error) {
      this.queue.retry();
      throw error;
    }
    this.queue.markKept(verdicts.map((verdict) => verdict.key));
  }

  /** Tiles of which nothing could be seen yet, and that nobody has judged before. */
  unseen(): readonly TileModel[] {
    return this.tiles.filter((tile) => !tile.canBeJudged.value && !tile.judged.value);
  }

  /** The page is no longer held. What is unsent is still sent; the server keeps it as late. */
  giveUp(): void {
    this.lost.value = true;
    this.renewal.stop();
    this.queue.retry();
  }

  /** Goes on after a trouble that the person has resolved. */
  resume(): void {
    this.queue.retry();
    this.images.resume();
  }

  /** Sends what is unsent while the browser closes the page. */
  async sendBeforeLeaving(): Promise<void> {
    const verdicts = this.queue.unsent();
    if (verdicts.length > 0) {
      this.queue.markKept(await this.send(verdicts, true));
    }
  }

  /** Ends everything that runs for this page and frees its pictures. */
  stop(): void {
    this.queue.stop();
    this.renewal.stop();
    this.images.stop();
  }

  /** Sends verdicts; a server that answers "stale lease" has kept them all, marked as late. */
  private async send(verdicts: readonly Verdict[], keepalive = false): Promise<readonly string[]> {
    let answer: unknown;
    try {
      const { urls } = this.page;
      answer = await this.transport.postJson(urls.verdicts, { verdicts }, { keepalive });
    } catch (error) {
      if (!isStaleLease(error)) {
        throw error;
      }
      this.onTrouble(error);
      return verdicts.map((verdict) => verdict.key);
    }
    return listField(fieldsOf(answer, "answer"), "kept").map(String);
  }
}
