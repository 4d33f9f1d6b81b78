/** Somebody who looks for missed synapses: what they have marked, what is near, what was added. */

import { batch, computed, effect, signal } from "@preact/signals";

import { HttpError, isSessionEnd, isTransient } from "../../../core/frontend/http";
import { LEFT } from "../../../core/frontend/leaving";
import { poll } from "../../../core/frontend/polling";
import { KeyMap } from "../../../proofreading/frontend/key_map";
import { middleOf, voxelAt, type ViewerFrame } from "../../../proofreading/frontend/neuron/viewer_frame";
import { notice, type Notice } from "../../../proofreading/frontend/notices";
import type { Transport } from "../../../proofreading/frontend/transport";
import { PlainWindow } from "../../../proofreading/frontend/windows";
import { addedName, plainSentence } from "../plain";
import { MISSED_COMMANDS, type CommandName } from "./commands";
import {
  parseAdded,
  parseAdditions,
  parseMarks,
  parseNearError,
  type Added,
  type Marks,
  type Triple,
  type WaitingMark,
} from "./contract";
import {
  draftAt,
  movedTo,
  settled,
  whyNot,
  withNumber,
  type Draft,
  type DraftNumber,
  type DraftStore,
} from "./draft";
import { LAYERS, pointsOf, type LayerKey } from "./layers";
import { Neighbours } from "./neighbours";
import { Places, type Extents, type Marked } from "./places";
import { Surroundings } from "./surroundings";

const REFRESH_MS = 10_000;
const FAILED_MS = 2000;
const KEPT = "It is kept in this browser until it is saved.";

export interface MissedUrls {
  readonly additions: string;
  readonly login: string;
}

/** A field that cannot be as it is. */
export interface Refusal {
  readonly field: string;
  readonly sentence: string;
}

type Side = "pre" | "post";

export class MissedController {
  readonly keys = new KeyMap<CommandName>("missed", MISSED_COMMANDS);
  readonly windows = { help: new PlainWindow(), keys: new PlainWindow() };
  readonly notice = signal<Notice | null>(null);
  /** What is being reviewed. */
  readonly draft = signal<Draft | null>(null);
  readonly refusal = signal<Refusal | null>(null);
  readonly isSaving = signal(false);
  /** What was saved last, until something else is reviewed. */
  readonly saved = signal<Added | null>(null);
  readonly added = signal<readonly Added[]>([]);
  readonly addedCount = signal(0);
  readonly marks = signal<Marks>({ waiting: [], dismissed: [], count: 0 });
  /** Whether the lists have come. */
  readonly isListed = signal(false);
  readonly isReady = signal(false);
  /** The slice in view; null before there is one. */
  readonly slice = signal<number | null>(null);
  /** For those who do not see the view. */
  readonly told = signal("");
  readonly near: Neighbours;
  readonly around: Surroundings;
  /** Where keys ask for the numbers to be. */
  focusNumbers: () => void = () => undefined;
  private readonly places: Places;
  private readonly viewer = signal<ViewerFrame | null>(null);
  private readonly points = computed(() =>
    pointsOf({
      known: this.around.known.value,
      marks: this.marks.value.waiting,
      draft: this.draft.value,
      voxelNm: this.voxelNm,
    }),
  );
  private readonly polling = new AbortController();
  private readonly look = new EventTarget();
  private waitsForNetwork = false;
  private turn = 0;

  constructor(
    private readonly urls: MissedUrls,
    private readonly transport: Transport,
    private readonly store: DraftStore,
    /** The size of a voxel of the table. */
    readonly voxelNm: Triple,
    extents: Extents,
  ) {
    this.places = new Places(voxelNm, extents);
    this.near = new Neighbours(`${urls.additions}/near`, transport);
    this.around = new Surroundings(`${urls.additions}/around`, transport, voxelNm);
    effect(() => this.draw());
  }

  get isCovered(): boolean {
    return this.windows.help.isOpen || this.windows.keys.isOpen;
  }

  /** Shows what was left behind, and the lists, again and again. */
  open(): void {
    const left = this.store.read();
    if (left !== null) {
      this.review(left);
      this.told.value = "What you were reviewing is back.";
    }
    const ask = async () => {
      await this.refresh();
      return REFRESH_MS;
    };
    const onGone = () => (this.notice.value = this.gone());
    void poll({ ask, failedMs: FAILED_MS, onGone, wake: this.look }, this.polling.signal).catch(
      (error: unknown) => this.polling.signal.aborted || console.error(error),
    );
  }

  stop(): void {
    this.polling.abort(LEFT);
    this.near.stop();
    cancelAnimationFrame(this.turn);
    this.viewer.value?.stop();
    this.viewer.value = null;
  }

  /** From now on this frame is looked through. */
  lookThrough(viewer: ViewerFrame): void {
    this.viewer.peek()?.stop();
    this.viewer.value = viewer;
  }

  /** The view was moved, by whomever. */
  moved(): void {
    cancelAnimationFrame(this.turn);
    this.turn = requestAnimationFrame(() => {
      const centre = this.viewer.peek()?.centreNm ?? null;
      if (centre !== null) {
        const position = voxelAt(centre, this.voxelNm);
        this.isReady.value = true;
        this.slice.value = position[2];
        this.around.lookAt(position);
      }
    });
  }

  /** A new synapse under the pointer, else in the middle; the one under review is moved there. */
  mark(): void {
    const position = this.place("synapse");
    if (position === null) {
      return;
    }
    const before = this.draft.peek();
    this.review(before === null ? draftAt(position) : movedTo(before, position));
    this.told.value = `A new synapse at ${position.join(", ")}.`;
  }

  set(side: Side): void {
    const draft = this.draft.peek();
    if (draft === null) {
      this.told.value = "Mark the synapse first.";
      return;
    }
    const position = this.place("point");
    if (position !== null) {
      this.change({ ...draft, [side]: position });
      this.told.value = `The ${side}synaptic point is at ${position.join(", ")}.`;
    }
  }

  unset(side: Side): void {
    const draft = this.draft.peek();
    if (draft !== null) {
      this.change({ ...draft, [side]: null });
    }
  }

  setNumber(name: DraftNumber, value: number): void {
    const draft = this.draft.peek();
    if (draft === null) {
      return;
    }
    if (!Number.isInteger(value)) {
      this.refusal.value = { field: name, sentence: `${name.toUpperCase()}: give a whole number.` };
      return;
    }
    this.change(withNumber(draft, name, value));
  }

  /** Nobody types its numbers any more: where it was marked lies within its slices. */
  settle(): void {
    const draft = this.draft.peek();
    if (draft !== null && settled(draft) !== draft) {
      this.change(settled(draft));
    }
  }

  /** The slice in view is the first or the last one. */
  takeSlice(name: "z1" | "z2"): void {
    const slice = this.slice.peek();
    if (slice !== null && this.draft.peek() !== null) {
      this.setNumber(name, slice);
      this.told.value = `${name.toUpperCase()} is ${slice}.`;
    }
  }

  note(note: string): void {
    const draft = this.draft.peek();
    if (draft !== null) {
      this.change({ ...draft, note });
    }
  }

  drop(): void {
    if (this.draft.peek() !== null) {
      this.review(null);
      this.told.value = "Dropped; nothing was added.";
    }
  }

  /** Reviews what somebody has marked. */
  addMark({ position, note, key }: WaitingMark): void {
    this.review(draftAt(position, note, key));
    this.lookAt(position);
    this.focusNumbers();
  }

  lookAt(position: Triple): void {
    this.viewer.peek()?.moveTo(middleOf(position, this.voxelNm));
  }

  /** Adds it. Others that are near have been shown, else the server refuses and they are. */
  async save(): Promise<void> {
    if (this.isSaving.peek()) {
      return;
    }
    this.settle();
    const draft = this.draft.peek();
    if (draft === null) {
      return;
    }
    this.refusal.value = whyNot(draft);
    if (this.refusal.peek() !== null) {
      return;
    }
    const body = { ...draft, despite: this.near.found.peek().map(({ id }) => id) };
    this.begin();
    try {
      const added = parseAdded(await this.transport.postJson(this.urls.additions, body), "added");
      if (this.draft.peek()?.key === draft.key) {
        this.review(null);
      }
      this.saved.value = added;
      this.told.value = "Saved.";
      this.refreshSoon();
    } catch (error) {
      this.heed(error);
    } finally {
      this.isSaving.value = false;
    }
  }

  /** The network is back. */
  resume(): void {
    this.refreshSoon();
    if (this.waitsForNetwork) {
      void this.save();
    }
  }

  withdraw(added: Added): Promise<void> {
    return this.do(`/${added.id}/withdraw`, {}, `${addedName(added.source_id)} is withdrawn.`);
  }

  dismiss(mark: WaitingMark, reason: string): Promise<void> {
    return this.do(`/marks/${mark.key}/dismiss`, { reason }, "The mark is dismissed.");
  }

  takeBack(mark: WaitingMark): Promise<void> {
    return this.do(`/marks/${mark.key}/reopen`, {}, "The mark waits again.");
  }

  private async do(what: string, body: unknown, told: string): Promise<void> {
    try {
      await this.transport.postJson(`${this.urls.additions}${what}`, body);
      this.notice.value = null;
      this.told.value = told;
    } catch (error) {
      this.notice.value = isSessionEnd(error)
        ? this.gone()
        : notice(plainSentence(error), "Close", () => (this.notice.value = null));
    }
    await this.refresh().catch(() => undefined); // it is asked for again anyway
  }

  private async refresh(): Promise<void> {
    const { additions } = this.urls;
    const [added, marks] = await Promise.all([
      this.transport.getJson(additions),
      this.transport.getJson(`${additions}/marks`),
    ]);
    const told = parseAdditions(added, "additions");
    const before = this.addedCount.peek();
    batch(() => {
      this.added.value = told.added;
      this.addedCount.value = told.count;
      this.marks.value = parseMarks(marks, "marks");
      this.isListed.value = true;
    });
    if (told.count !== before) {
      this.around.forget(); // also somebody else may have added some here
      this.moved();
    }
  }

  private refreshSoon(): void {
    this.look.dispatchEvent(new Event("look"));
  }

  /** Where something is marked, in voxels of the table; where it cannot be, that is told. */
  private place(marked: Marked): Triple | null {
    const place = this.places.of(this.viewer.peek(), marked);
    if (typeof place === "string") {
      this.notice.value = notice(place, "Close", () => (this.notice.value = null));
      return null;
    }
    return place;
  }

  private review(draft: Draft | null): void {
    this.saved.value = null;
    this.change(draft);
  }

  private change(draft: Draft | null): void {
    batch(() => {
      this.draft.value = draft;
      this.refusal.value = null;
      this.notice.value = null;
      this.waitsForNetwork = false;
      this.near.askAt(draft?.position ?? null);
    });
    this.store.write(draft);
  }

  private begin(): void {
    this.isSaving.value = true;
    this.notice.value = null;
    this.waitsForNetwork = false;
  }

  private heed(error: unknown): void {
    const again = () => void this.save();
    if (error instanceof HttpError && error.code === "near") {
      this.near.tell(parseNearError(error.details, "error").near);
      this.told.value = error.message;
    } else if (isSessionEnd(error)) {
      this.notice.value = this.gone(again);
    } else if (isTransient(error)) {
      this.waitsForNetwork = true;
      this.notice.value = notice(`The server cannot be reached. ${KEPT}`, "Try again", again);
    } else if (error instanceof HttpError && error.field !== null) {
      this.refusal.value = { field: error.field, sentence: plainSentence(error) };
      this.refreshSoon();
    } else {
      this.notice.value = notice(plainSentence(error), "Try again", again);
    }
  }

  private gone(again: () => void = () => this.refreshSoon()): Notice {
    return {
      sentence: `You are no longer logged in, or take part no longer. ${KEPT}`,
      link: { title: "Log in", url: this.urls.login, newTab: true },
      button: { title: "Go on", run: again },
    };
  }

  private draw(): void {
    const [viewer, points] = [this.viewer.value, this.points.value];
    for (const key of Object.keys(LAYERS) as LayerKey[]) {
      viewer?.show(LAYERS[key].name, points[key]);
    }
  }
}
