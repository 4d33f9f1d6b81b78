/** An instance that somebody holds: its slices, points, proposals, pictures, and what is unsaved. */

import { computed, effect, signal } from "@preact/signals";

import { HttpError } from "../../core/frontend/http";
import { LeaseRenewal } from "../../proofreading/frontend/lease_renewal";
import type { OverlayPreferences } from "../../proofreading/frontend/preferences";
import type { KeptValues } from "../../proofreading/frontend/storage";
import type { Transport } from "../../proofreading/frontend/transport";
import { Board } from "./board";
import type { Easel, OriginalPart, Revised, Side, SliceState } from "./contract";
import type { Spot } from "./drawing/slice_mask";
import { Spline } from "./drawing/spline";
import { MarkersModel, SIDES, type Nm } from "./markers_model";
import type { Pictures } from "./pictures";
import { ProposalsModel } from "./proposals_model";
import { placeOf } from "./places";
import { KeptCurves } from "./saving/kept_curves";
import { NotSavedError } from "./saving/not_saved";
import { SliceQueue, type Keeping, type QueueState } from "./saving/slice_queue";
import { SliceBook, type Slice } from "./slice_book";
import type { PlacedMarker } from "./stage/scene";
import { Steps } from "./steps";
import { Turns } from "./turns";

const OUTSIDE = "There is no image at this place: click inside the picture.";
const UNSENT = "Some of what you drew has not reached the server yet. Try again when it is saved.";

/** What the session needs of the page. */
export interface Surroundings {
  readonly transport: Transport;
  readonly storage: KeptValues;
  readonly keeping: Keeping;
  readonly overlay: OverlayPreferences;
  readonly showsOutline: { readonly value: boolean };
  /** Hears of what trying again will not change. */
  readonly onTrouble: (error: unknown) => void;
  /** The instance is somebody else's now. */
  readonly onLost: (sentence: string) => void;
}

export class EaselSession {
  readonly board: Board;
  readonly queue: SliceQueue;
  readonly markers: MarkersModel;
  readonly proposals: ProposalsModel;
  readonly renewal: LeaseRenewal;
  /** What needs the server before the next thing can be done. */
  readonly turns = new Turns();
  readonly steps: Steps;
  /** Whether what somebody else saved is shown with what was drawn here. */
  readonly comparing = signal(false);
  readonly unsentCount = computed(
    () => this.queue.unsentCount.value + this.markers.unsentCount.value,
  );
  readonly state = computed<QueueState>(() => {
    if (this.queue.state.value === "unsaved" || this.markers.hasFailed.value) {
      return "unsaved";
    }
    return this.unsentCount.value > 0 ? "saving" : "saved";
  });
  /** The slices that were saved elsewhere, too: whose version stays is to be said. */
  readonly clashing = computed(() => this.book.slices.filter(({ clash }) => clash.value !== null));
  /** Whether the last attempt to save everything was told of: what the server said against it. */
  hasToldWhy = false;
  private readonly curves: KeptCurves;
  private readonly stopKeeping: () => void;

  /** Throws RunsError where the slices do not fit their box. */
  constructor(
    readonly revised: Revised,
    readonly easel: Easel,
    original: OriginalPart,
    readonly pictures: Pictures,
    private readonly around: Surroundings,
  ) {
    const { transport, storage, keeping } = around;
    const heed = (error: unknown) => this.heed(error);
    const refused = (error: unknown) => {
      this.heed(error);
      this.hasToldWhy = !(error instanceof NotSavedError);
    };
    const { urls } = revised;
    const book = new SliceBook(easel, original.runs, (slice, origin) =>
      this.queue.add(slice.z, slice.known.peek().number, slice.sentRuns, origin),
    );
    const [xNm = 1, yNm = 1] = easel.resolution_nm;
    this.board = new Board(book, yNm / xNm, (side, spot) => this.setMarker(side, spot));
    this.queue = new SliceQueue(urls.slices, transport.postJson, keeping, {
      onKept: ({ z, number }, { runs, origin }) => this.noteKept(z, number, runs, origin),
      onChanged: (changed) => book.at(changed.z)?.clashWith(changed),
      onLost: (sentence) => this.lose(sentence),
      onRefused: refused,
    });
    this.markers = new MarkersModel(easel.markers, urls, transport, keeping, refused, () =>
      book.history.forgetPoints(),
    );
    this.proposals = new ProposalsModel(book, urls, transport, this, heed);
    this.steps = new Steps(this);
    this.renewal = new LeaseRenewal(
      () => transport.postJson(urls.renew, {}),
      heed,
      revised.lease_s,
    );
    this.curves = new KeptCurves(storage, `synanno.curves.${keeping.person}.${revised.id}`);
    this.bringCurves();
    this.stopKeeping = effect(() => this.keepCurves());
  }

  get book(): SliceBook {
    return this.board.book;
  }

  /** Why the instance is held no longer; empty while it is. */
  get lost(): { readonly value: string } {
    return this.book.closed;
  }

  /** Tells of what trying again will not change. */
  heed(error: unknown): void {
    if (isLoss(error)) {
      this.lose(error.message);
    } else {
      this.around.onTrouble(error);
    }
  }

  get personName(): string | undefined {
    return this.around.keeping.personName;
  }

  /** Whether closing the page now would lose something: neither server nor browser has it. */
  get isKeptNowhere(): boolean {
    return this.unsentCount.value > 0 && this.around.keeping.outbox.isRefused?.value === true;
  }

  get overlay(): OverlayPreferences {
    return this.around.overlay;
  }

  get showsOutline(): { readonly value: boolean } {
    return this.around.showsOutline;
  }

  /** The points as they lie on a slice. */
  placedMarkers(z: number): readonly PlacedMarker[] {
    return SIDES.flatMap((side) => {
      const nm = this.markers.nmOf(side);
      if (nm === null) {
        return [];
      }
      const { spot, z: own } = placeOf(this.easel, nm);
      return [{ side, spot, away: own - z }];
    });
  }

  /** Turns to the slice of a point. */
  showMarker(side: Side): void {
    const nm = this.markers.nmOf(side);
    if (nm !== null) {
      this.turnTo(nm);
    }
  }

  /** Turns to the slice of a place, if it is one of them. */
  turnTo(nm: Nm): void {
    const index = this.book.slices.findIndex(({ z }) => z === placeOf(this.easel, nm).z);
    this.board.step(index < 0 ? 0 : index - this.book.chosen.peek());
  }

  /** Each point takes the other's place. */
  swapMarkers(): Promise<void> {
    return this.turns.take(() => this.moving(SIDES, () => this.markers.swap()));
  }

  /** The point is as in the table. */
  resetMarker(side: Side): Promise<void> {
    return this.turns.take(() => this.moving([side], () => this.markers.reset(side)));
  }

  /** Saves all that is unsaved; whether the server has everything, and nothing waits for a word on
   * whose version stays. */
  async flush(): Promise<boolean> {
    this.board.release();
    this.hasToldWhy = false;
    const [slices, points] = await Promise.all([this.queue.flush(), this.markers.flush()]);
    return slices && points && this.clashing.peek().length === 0;
  }

  /** Whether the server has everything, and nothing waits for a word on whose version stays. */
  get isAllSaved(): boolean {
    return this.unsentCount.value === 0 && this.clashing.value.length === 0;
  }

  /** Why `flush` could not save everything, as a sentence. */
  get obstacle(): string {
    const [clashing] = this.clashing.peek();
    if (clashing === undefined) {
      return UNSENT;
    }
    const place = this.book.slices.indexOf(clashing) + 1;
    return `Slice ${place} was saved elsewhere, too: turn to it, and say which of the two stays.`;
  }

  /** Keeps what is drawn of some slices here while `run` goes on. */
  holding<Value>(zs: readonly number[], run: () => Promise<Value>): Promise<Value> {
    return this.queue.holding(zs, run);
  }

  /** Takes in what the server has now; what was drawn here meanwhile stays. */
  catchUp(states: readonly SliceState[], own: ReadonlySet<number>): void {
    const rebase = (z: number, number: number) => this.queue.rebase(z, number);
    this.board.meanwhile(() => this.book.catchUp(states, own, rebase));
  }

  /** Goes on after a trouble that the person has resolved. */
  resume(): void {
    this.queue.retry();
    this.markers.retry();
    this.pictures.retry();
  }

  /** What somebody else saved of the slice stays. */
  keepTheirs(slice: Slice): void {
    const clash = slice.clash.peek();
    if (clash !== null) {
      this.queue.drop(slice.z);
      const { z, number, runs, by, at } = clash;
      const origin = number === 0 ? "volume" : "drawn";
      this.book.history.forget(z); // they led to what is given up
      this.book.takeChosen({ z, number, runs, by, at, origin });
      this.comparing.value = false;
    }
  }

  /** What was drawn here becomes the next version. */
  keepMine(slice: Slice): void {
    const clash = slice.clash.peek();
    if (clash !== null) {
      slice.clash.value = null;
      slice.known.value = { ...slice.known.peek(), ...known(clash) };
      this.queue.insist(slice.z, clash.number, slice.sentRuns, "drawn");
      this.comparing.value = false;
      void this.queue.flush();
    }
  }

  async sendBeforeLeaving(): Promise<void> {
    this.board.release();
    await Promise.all([this.queue.sendBeforeLeaving(), this.markers.sendBeforeLeaving()]);
  }

  /** The curves that are not filled are of no use any more. */
  forgetCurves(): void {
    this.stopKeeping();
    this.curves.forget();
  }

  stop(): void {
    this.stopKeeping();
    this.queue.stop();
    this.markers.stop();
    this.proposals.stop();
    this.renewal.stop();
    this.pictures.stop();
  }

  /** What was drawn until now is sent, to be kept beside; nothing more is drawn. */
  private lose(sentence: string): void {
    this.board.release();
    this.book.closed.value = sentence;
    this.renewal.stop();
    this.around.onLost(sentence);
  }

  private noteKept(z: number, number: number, runs: readonly number[] | null, drawn: string): void {
    const slice = this.book.at(z);
    if (slice !== null) {
      const origin = runs === null ? "volume" : drawn; // as the server tells it
      slice.known.value = { z, number, runs, origin, by: null, at: new Date().toISOString() };
      slice.isUnsaved.value = slice.sentRuns?.join() !== runs?.join();
      this.renewal.noteHeld(Date.now());
    }
  }

  private setMarker(side: Side, { x, y }: Spot): boolean {
    const { lo } = this.easel.box;
    const [xNm = 1, yNm = 1, zNm = 1] = this.easel.resolution_nm;
    const [loX = 0, loY = 0] = lo;
    const z = this.book.slice.peek().z;
    const nm: Nm = [(loX + x) * xNm, (loY + y) * yNm, (z + 0.5) * zNm];
    if (!this.board.shown.peek().has(Math.floor(x), Math.floor(y)) || !this.hasImage(nm)) {
      this.board.told.value = OUTSIDE;
      return false;
    }
    const before = this.markers.nmOf(side);
    this.markers.set(side, nm);
    this.book.history.add({ kind: "points", moved: { [side]: { before, after: nm } } });
    return true;
  }

  /** Whether the image volume reaches to a place. */
  private hasImage(nm: Nm): boolean {
    const { lo, hi } = this.easel.image_nm;
    return nm.every((at, axis) => at >= (lo[axis] ?? 0) && at < (hi[axis] ?? 0));
  }

  /** Notes where points go by something that the server does. */
  private async moving(sides: readonly Side[], run: () => Promise<boolean>): Promise<void> {
    const places = () => sides.map((side) => this.markers.nmOf(side));
    const before = places();
    if (await run()) {
      const after = places();
      const moved = sides.map((side, at) => {
        return [side, { before: before[at] ?? null, after: after[at] ?? null }] as const;
      });
      this.book.history.add({ kind: "points", moved: Object.fromEntries(moved) });
    }
  }

  private keepCurves(): void {
    this.curves.write(
      this.book.slices.flatMap(({ curve, z }) =>
        curve.value === null ? [] : [[z, curve.value.points] as const],
      ),
    );
  }

  private bringCurves(): void {
    for (const [z, points] of this.curves.read()) {
      const slice = this.book.at(z);
      if (slice !== null) {
        slice.curve.value = new Spline(points);
      }
    }
  }
}

/** Whether the server says that the instance is somebody else's now. */
function isLoss(error: unknown): error is HttpError {
  if (!(error instanceof HttpError)) {
    return false;
  }
  const { held } = (error.details ?? {}) as { readonly held?: unknown };
  return error.code === "stale_lease" || (error.status === 409 && held === false);
}

function known({ number, runs, by, at }: NonNullable<Slice["clash"]["value"]>) {
  return { number, runs, by, at };
}
