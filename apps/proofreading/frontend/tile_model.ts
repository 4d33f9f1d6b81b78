/** One tile of the page: its label, its slices and what it shows of them. */

import { computed, signal } from "@preact/signals";

import type { SlicesPart, TileStart } from "./contract";
import type { CutoutStack } from "./cutout_stack";
import { isSame, NO_REASONS, type Label, type Said } from "./labels";
import { WHOLE, type View } from "./magnifier";

const STARTS_AS: Said = { label: "correct", ...NO_REASONS };

/** A label that the server has; the verdict is its key. */
export interface Stored extends Said {
  readonly verdict: string | null;
}

/** loading: on its way. ready: a slice can be drawn. unreadable: the volume could not be read. */
export type TileStatus =
  | { readonly kind: "loading" }
  | { readonly kind: "ready" }
  | { readonly kind: "unreadable"; readonly sentence: string };

export class TileModel {
  readonly item: number;
  readonly position: number;
  readonly cutout: string;
  readonly sourceId: string | null;
  /** The label, with the reasons that were given for it. */
  readonly said;
  readonly label = computed<Label>(() => this.said.value.label);
  /** Why the label stays as it is, or null. */
  readonly locked;
  /** The verdict that this label is, as far as this page knows; a new one is based on it. */
  verdict: string | null;
  /** The label that the server has, as far as this page knows; null where it has none. */
  stored: Stored | null;
  /** What this page said, where another tab had changed the label meanwhile. */
  readonly refused = signal<Said | null>(null);
  readonly status = signal<TileStatus>({ kind: "loading" });
  readonly stack = signal<CutoutStack | null>(null);
  /** Why the slices other than the middle cannot be read, or null. */
  readonly restTrouble = signal<string | null>(null);
  /** The slice that the person stepped to. */
  readonly slice = signal(0);
  /** The slice that the canvas shows; behind `slice` while that one is being decoded. */
  readonly drawn = signal<number | null>(null);
  /** Counts up whenever slices become drawable, so that the canvas draws again. */
  readonly decoded = signal(0);
  readonly depth = computed(() => this.stack.value?.depth ?? 0);
  /** Opacity of its mask; null where it is that of all tiles. */
  readonly ownOpacity = signal<number | null>(null);
  /** Which part of the picture is seen. */
  readonly view = signal<View>(WHOLE);

  /** Whether somebody has said the label; else it is the one that every synapse starts with. */
  readonly judged;
  /** Only what can be seen can be judged. */
  readonly canBeJudged = computed(() => this.status.value.kind === "ready" && this.locked.value === null);
  /**
   * The label that is shown and counted. A synapse starts as correct because people look at it and
   * object; where no picture came nobody could object, so that silence means unsure, and while it
   * is on its way nothing.
   */
  readonly standing = computed<Label | null>(() => {
    if (this.judged.value || this.canBeJudged.value) {
      return this.label.value;
    }
    return this.status.value.kind === "unreadable" ? "unsure" : null;
  });

  constructor(start: TileStart) {
    this.item = start.item;
    this.position = start.position;
    this.cutout = start.cutout;
    this.sourceId = start.sourceId;
    this.locked = signal(start.locked);
    this.verdict = start.verdict;
    const { label, categories, note, verdict } = start;
    this.stored = start.judged ? { label, categories, note, verdict } : null;
    this.said = signal<Said>({ label, categories, note });
    this.judged = signal(start.judged);
  }

  /** Takes what the person says of it, as the verdict of this key. */
  say(said: Said, verdict: string): void {
    this.said.value = said;
    this.judged.value = true;
    this.verdict = verdict;
    this.refused.value = null;
  }

  /** What was said here was not stored: shows the label that it has; null where it has none, and
      is as every synapse starts. */
  takeBack(present: Stored | null): void {
    const { label, categories, note } = present ?? STARTS_AS;
    this.stored = present;
    this.said.value = { label, categories, note };
    this.judged.value = present !== null;
    this.verdict = present?.verdict ?? null;
    this.refused.value = null;
  }

  /** Shows the label that another tab gave, and what was said here instead. */
  giveWay(present: Stored | null, said: Said): void {
    this.takeBack(present);
    this.refused.value = isSame(said, this.said.value) ? null : said;
  }

  /** Shows a stack from its middle slice. */
  show(stack: CutoutStack): void {
    this.stack.value?.close();
    this.stack.value = stack;
    this.slice.value = stack.middle;
    this.restTrouble.value = null;
    this.status.value = { kind: "ready" };
  }

  /** Steps through the slices; stops at the first and the last. */
  step(by: number): void {
    if (this.depth.value > 0) {
      this.slice.value = Math.min(this.depth.value - 1, Math.max(0, this.slice.value + by));
    }
  }

  /** Takes in the other slices. */
  add(part: SlicesPart, payload: Uint8Array<ArrayBuffer>): void {
    this.stack.value?.add(part, payload);
    this.restTrouble.value = null;
    this.decoded.value += 1;
  }

  /** Says why the tile, or when its middle is there the rest of its slices, cannot be shown. */
  markUnreadable(sentence: string): void {
    if (this.stack.value === null) {
      this.status.value = { kind: "unreadable", sentence };
    } else {
      this.restTrouble.value = sentence;
    }
  }

  /** Shows the tile as being on its way, unless its middle is there. */
  markLoading(): void {
    if (this.stack.value === null) {
      this.status.value = { kind: "loading" };
    }
  }

  /** Frees the pictures for good, without telling anyone: the page is being turned. */
  release(): void {
    this.stack.peek()?.close();
  }

  /** Forgets the pictures; the tile is then empty. */
  close(): void {
    this.stack.value?.close();
    this.stack.value = null;
    this.drawn.value = null;
    this.status.value = { kind: "loading" };
  }
}
