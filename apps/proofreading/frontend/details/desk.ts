/** What the window of details needs of the page that it lies over: the grid, or the cards. */

import type { ReadonlySignal, Signal } from "@preact/signals";

import type { KeyAction } from "../commands";
import type { KeyMap } from "../key_map";
import type { Label, Said } from "../labels";
import type { PageImages } from "../page_images";
import type { PageSession } from "../page_session";
import type { OverlayPreferences } from "../preferences";
import type { TileModel } from "../tile_model";
import type { Window } from "../windows";
import type { DetailsPanel } from "./details_panel";

/** The synapse that is open, and where it lies among those beside it. */
export interface Opened {
  readonly tile: TileModel;
  readonly session: PageSession;
  /** What brings its pictures; null where nothing does yet. */
  readonly images: PageImages | null;
  readonly index: number;
}

export interface Judge {
  label(tile: TileModel, label: Label): void;
  judge(tile: TileModel, said: Said): void;
  cannotJudge(tile: TileModel): void;
  step(tile: TileModel, by: number): void;
  /** Says the note that is being written, where one is. */
  endDraft(): void;
}

export interface Desk {
  readonly keys: KeyMap;
  readonly overlay: OverlayPreferences;
  /** Whether anything can be said now. */
  readonly isAtWork: ReadonlySignal<boolean>;
  readonly windows: { readonly details: DetailsPanel; readonly viewer: Window<TileModel> };
  readonly judging: Judge;
  /** The place of the synapse that keys are about; the outline goes with it. */
  readonly focused: Signal<number>;
  /** Names of the commands that label begin with it. */
  readonly labelsBy: "label" | "card";
  /** What lies beneath, in its order. */
  tiles(): readonly TileModel[];
  /** Null while nothing is open. Read while drawing, so that it hears of changes. */
  opened(): Opened | null;
  /** Does what a key asks for as beneath the window; whether that is anything here. */
  perform(action: KeyAction): boolean;
}
