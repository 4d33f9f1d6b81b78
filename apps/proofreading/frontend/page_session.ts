/** One leased page: its tiles, their pictures, and the labels on their way to the server. */

import { computed } from "@preact/signals";

import { fieldsOf, listField } from "../../core/frontend/fields";
import type { PagePart } from "./contract";
import { countLabels, type Label } from "./labels";
import { LeaseRenewal } from "./lease_renewal";
import { PageImages } from "./page_images";
import { TileModel } from "./tile_model";
import type { Transport } from "./transport";
import { newVerdict, VerdictQueue, type Verdict } from "./verdict_queue";

export class PageSession {
  readonly tiles: readonly TileModel[];
  readonly images: PageImages;
  readonly queue: VerdictQueue;
  readonly counts = computed(() => countLabels(this.tiles.map((tile) => tile.label.value)));
  private readonly renewal: LeaseRenewal;

  /** `onTrouble` hears of everything that asking again will not mend. */
  constructor(
    readonly page: PagePart,
    private readonly transport: Transport,
    onTrouble: (error: unknown) => void,
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
      tile.label.value = label;
      this.queue.add(newVerdict(tile.item, label));
    }
  }

  noteActivity(): void {
    this.renewal.noteActivity();
  }

  /** Hands the page in, with what is unsent and the label of every tile. */
  async submit(): Promise<void> {
    await this.queue.hold();
    const verdicts = this.queue.unsent();
    const labels = Object.fromEntries(this.tiles.map((tile) => [tile.item, tile.label.value]));
    await this.transport.postJson(this.page.urls.submit, { verdicts, labels });
    this.queue.markKept(verdicts.map((verdict) => verdict.key));
  }

  /** Tiles that are marked correct although nothing of them could be seen yet. */
  unseenCorrect(): readonly TileModel[] {
    return this.tiles.filter(
      (tile) => tile.status.value.kind !== "ready" && tile.label.value === "correct",
    );
  }

  /** The lease is lost: the server has kept what it was sent, and more is not to be sent. */
  giveUp(): void {
    this.queue.stop();
    this.queue.markKept(this.queue.unsent().map((verdict) => verdict.key));
    this.renewal.stop();
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

  private async send(verdicts: readonly Verdict[], keepalive = false): Promise<readonly string[]> {
    const answer = await this.transport.postJson(
      this.page.urls.verdicts,
      { verdicts },
      { keepalive },
    );
    return listField(fieldsOf(answer, "answer"), "kept").map(String);
  }
}
