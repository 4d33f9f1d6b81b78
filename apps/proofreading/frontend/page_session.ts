/** One leased page: its tiles, their pictures, and the labels on their way to the server. */

import { computed, signal } from "@preact/signals";

import type { Frame } from "../../core/frontend/frames";
import { HttpError, NetworkError } from "../../core/frontend/http";
import { parseTold, type PagePart, type Told } from "./contract";
import { isOutdated, keysOf, sendLabels, toldOfRefused, type Fates } from "./fates";
import { KeptLabels, type Keeping } from "./kept_labels";
import { countLabels, isSame, type Label, type Said } from "./labels";
import { LeaseRenewal } from "./lease_renewal";
import type { MarkKeeper } from "./neuron/marks";
import { marksOf } from "./neuron/page_marks";
import { PageImages } from "./page_images";
import { withLabel } from "./said";
import { TileModel, type Stored } from "./tile_model";
import { firstOf, type Transport } from "./transport";
import { UndoHistory } from "./undo_history";
import { newVerdict, NO_STORE, VerdictQueue, type QueueState, type Verdict } from "./verdict_queue";

/** Of labels that can no longer be changed. */
const FIXED = "fixed_label";

/** True where the page was submitted or has gone to someone else. */
export function isStaleLease(error: unknown): error is HttpError {
  return error instanceof HttpError && error.code === "stale_lease";
}

/** True where a page cannot be opened again: it is somebody else's now, or never was this person's. */
export function isLost(error: unknown): error is HttpError {
  return isStaleLease(error) || (error instanceof HttpError && error.status === 404);
}

/** Labels were refused for good; the message says how many, and why. */
export class NotStored extends Error {}

/** What came of handing a page in. */
export interface Submitted {
  readonly told: Told | null;
  /** The frames of the next page, as a lease brings them; null where it was not asked for. */
  readonly next: AsyncGenerator<Frame> | null;
}

export class PageSession {
  readonly tiles: readonly TileModel[];
  readonly images: PageImages;
  readonly queue: VerdictQueue;
  readonly counts = computed(() => countLabels(this.tiles.map((tile) => tile.standing.value)));
  /** Why the page is no longer held, as the server says it; "" while it is. */
  readonly lost = signal("");
  /** What the server says of labels that it has kept as late. */
  readonly late = signal("");
  readonly history = new UndoHistory();
  /** Of a page on which missed synapses are looked for; null on others. */
  readonly marks: MarkKeeper | null;
  /** What is said of labels and marks together. */
  readonly saving = computed<QueueState>(() => {
    const states = [this.queue.state.value, this.marks?.state.value ?? "saved"];
    return (["unsaved", "saving"] as const).find((one) => states.includes(one)) ?? "saved";
  });
  /** How long the page is held; null where it was submitted. */
  readonly held: LeaseRenewal | null;
  private readonly renewal: LeaseRenewal | null;
  /** Whether the page is being handed in or given away: that it is held no longer is no news. */
  private leaving = false;
  /** Where labels go: a page that was submitted is revised. */
  private readonly labelsUrl: string;

  /** `onTrouble` hears of everything that asking again will not mend. */
  constructor(
    readonly page: PagePart,
    private readonly transport: Transport,
    private readonly onTrouble: (error: unknown) => void,
    keeping: Keeping | null = null,
    /** Where to ask for more time for another page, which is at work meanwhile. */
    otherRenewUrl: string | null = null,
  ) {
    const { urls } = page;
    const isHeld = page.state === "held";
    this.labelsUrl = isHeld ? urls.verdicts : urls.revise;
    this.tiles = page.tiles
      .map((start) => new TileModel(start))
      .sort((one, other) => one.position - other.position);
    this.images = new PageImages(
      this.tiles,
      urls,
      (url, signal) => transport.getFrames(url, { signal }),
      onTrouble,
    );
    const store = keeping === null ? NO_STORE : new KeptLabels(keeping, this.labelsUrl);
    this.queue = new VerdictQueue((verdicts) => this.send(verdicts), onTrouble, store);
    this.marks = marksOf(page, keeping, onTrouble);
    const renewing = (url: string, heed: (error: unknown) => void) =>
      new LeaseRenewal(() => transport.postJson(url, {}), heed, page.heldS);
    const heedRefusal = (error: unknown) => {
      if (!this.leaving) {
        onTrouble(error);
      }
    };
    this.held = isHeld ? renewing(urls.renew, heedRefusal) : null;
    // What became of another page is told when it is opened again.
    const other = otherRenewUrl === null ? null : renewing(otherRenewUrl, () => undefined);
    this.renewal = this.held ?? other;
  }

  label(tile: TileModel, label: Label): void {
    this.judge(tile, withLabel(tile.said.value, label));
  }

  judge(tile: TileModel, after: Said): void {
    const before = tile.said.value;
    if (this.say(tile, after)) {
      this.history.note({ tile, before, after });
    }
  }

  /** Says the label before the last step again, as a new verdict; its tile. */
  undo(): TileModel | null {
    const step = this.history.undo();
    if (step !== null) {
      this.say(step.tile, step.before);
    }
    return step?.tile ?? null;
  }

  redo(): TileModel | null {
    const step = this.history.redo();
    if (step !== null) {
      this.say(step.tile, step.after);
    }
    return step?.tile ?? null;
  }

  private say(tile: TileModel, said: Said): boolean {
    this.noteActivity();
    if (isSame(tile.said.value, said)) {
      return false;
    }
    const verdict = newVerdict(tile.item, said.label, tile.verdict, said);
    tile.say(said, verdict.key);
    this.queue.add(verdict);
    return true;
  }

  /** Labels and marks that the server has not confirmed. */
  get unsentCount(): number {
    return this.queue.unsent().length + (this.marks?.unsentCount ?? 0);
  }

  /** Sends all that is unsent; false where some of it could not be sent now. */
  async flush(): Promise<boolean> {
    const areMarked = (await this.marks?.flush()) ?? true;
    return (await this.queue.flush()) && areMarked;
  }

  noteActivity(): void {
    this.renewal?.noteActivity();
  }

  /**
   * Hands the page in, with what is unsent and the label of every tile. The same answer brings the
   * next page where it is wanted.
   *
   * Where that fails the labels stay in the queue and are sent by it: whatever became of the
   * page, sending a label twice is harmless and not sending it would lose it.
   */
  async submit(isNextWanted: boolean): Promise<Submitted> {
    if ((await this.marks?.flush()) === false) {
      throw new NetworkError("Not all of your marks have reached the server yet.");
    }
    await this.queue.hold();
    const verdicts = this.queue.unsent();
    const labels = Object.fromEntries(this.tiles.map((tile) => [tile.item, tile.label.value]));
    this.leaving = true;
    try {
      const [answer, next] = await this.handIn({ verdicts, labels }, isNextWanted);
      this.queue.markKept(verdicts.map((verdict) => verdict.key));
      return { told: parseTold(answer, this.page.token), next };
    } catch (error) {
      this.leaving = false;
      this.queue.retry();
      throw error;
    }
  }

  private async handIn(
    page: object,
    isNextWanted: boolean,
  ): Promise<[unknown, AsyncGenerator<Frame> | null]> {
    const url = this.page.urls.submit;
    if (!isNextWanted) {
      return [await this.transport.postJson(url, page), null];
    }
    const frames = this.transport.postFrames(url, { ...page, next: true });
    return [(await firstOf(frames)).header, frames];
  }

  /** Gives the page to others; its labels are sent before. */
  async skip(reason: string): Promise<void> {
    this.leaving = true;
    try {
      await this.transport.postJson(this.page.urls.skip, { reason });
    } catch (error) {
      this.leaving = false;
      throw error;
    }
  }

  /** Tiles of which nothing could be seen yet, and that nobody has judged before. */
  unseen(): readonly TileModel[] {
    return this.tiles.filter((tile) => !tile.canBeJudged.value && !tile.judged.value);
  }

  /** The page is no longer held. What is unsent is still sent; the server keeps it as late. */
  giveUp(why: string): void {
    if (this.lost.value !== "") {
      return;
    }
    this.lost.value = why;
    this.renewal?.stop();
    this.queue.retry();
  }

  /** Goes on after a trouble that the person has resolved. */
  resume(): void {
    this.queue.retry();
    this.marks?.retry();
    this.images.resume();
  }

  /** Sends what is unsent while the browser closes the page. */
  async sendBeforeLeaving(): Promise<void> {
    void this.marks?.sendBeforeLeaving();
    const verdicts = this.queue.unsent();
    if (verdicts.length > 0) {
      this.queue.markKept(await this.send(verdicts, true));
    }
  }

  /** Ends everything that runs for this page and frees its pictures. */
  stop(): void {
    this.queue.stop();
    this.marks?.stop();
    this.renewal?.stop();
    this.images.stop();
  }

  /** Sends verdicts; the keys with which the server is done, in whatever way. */
  private async send(verdicts: readonly Verdict[], keepalive = false): Promise<readonly string[]> {
    const askedAtMs = Date.now();
    const fates = await sendLabels(
      (part) => this.transport.postJson(this.labelsUrl, { verdicts: part }, { keepalive }),
      verdicts,
    );
    if (fates.kept.length > 0) {
      this.held?.noteHeld(askedAtMs);
    }
    this.noteStored(verdicts, fates);
    const dropped = this.takeBack(fates);
    if (fates.late.length > 0) {
      this.late.value = fates.error?.message ?? "";
    }
    const told = toldOfRefused(fates.refused.filter((each) => !isOutdated(each)));
    if (told !== "") {
      this.onTrouble(new NotStored(told));
    }
    if (isStaleLease(fates.error)) {
      this.onTrouble(fates.error);
    }
    return [...keysOf(fates), ...dropped];
  }

  /** Remembers which labels the server has now. */
  private noteStored(verdicts: readonly Verdict[], { kept }: Fates): void {
    for (const { key, item, label, categories, note } of verdicts) {
      const tile = kept.includes(key) ? this.tileOf(item) : undefined;
      if (tile !== undefined) {
        tile.stored = { label, categories, note, verdict: key };
      }
    }
  }

  /**
   * Shows the labels that hold instead of those that were refused, so that no label builds on one
   * that was never stored. Where another tab was first, what was said here stays beside its label;
   * what builds on that and is unsent is dropped, and its keys are given.
   */
  private takeBack(fates: Fates): readonly string[] {
    const dropped: string[] = [];
    for (const item of new Set(fates.refused.map((refusal) => refusal.item))) {
      const tile = this.tileOf(item);
      if (tile === undefined) {
        continue;
      }
      this.history.forget(tile);
      const holds = fates.present.find((each) => each.item === item) ?? null;
      const refusals = fates.refused.filter((refusal) => refusal.item === item);
      const fixed = refusals.find(({ code }) => code === FIXED);
      if (fixed !== undefined) {
        tile.takeBack(holds);
        tile.locked.value = fixed.sentence;
        continue;
      }
      const unusable = refusals.filter((refusal) => !isOutdated(refusal)).map(({ key }) => key);
      const gone = new Set([...unusable, ...fates.kept, ...fates.late]);
      const mine = this.queue.unsent().filter((one) => one.item === item && !gone.has(one.key));
      dropped.push(...mine.map(({ key }) => key));
      if (unusable.length === 0) {
        tile.giveWay(holds, mine.at(-1) ?? tile.said.value);
      } else {
        this.sayAgain(tile, holds, mine.at(-1) ?? null);
      }
    }
    return dropped;
  }

  /** What was said after something that the server cannot use is said again of what it has. */
  private sayAgain(tile: TileModel, holds: Stored | null, later: Verdict | null): void {
    const isElsewhere = holds !== null && holds.verdict !== tile.stored?.verdict;
    if (later !== null && isElsewhere) {
      tile.giveWay(holds, later);
      return;
    }
    tile.takeBack(holds ?? tile.stored);
    if (later !== null) {
      const { label, categories, note } = later;
      this.say(tile, { label, categories, note });
    }
  }

  private tileOf(item: number): TileModel | undefined {
    return this.tiles.find((each) => each.item === item);
  }
}
