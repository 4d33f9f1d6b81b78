/** One card: a synapse that its person called incorrect or unsure, and what they say is wrong. */

import { signal } from "@preact/signals";

import type { PagePart } from "../contract";
import type { Said } from "../labels";
import type { PageSession } from "../page_session";
import type { TileModel } from "../tile_model";

/** SynAnno's key of what is no synapse: what can be discarded. */
const FALSE_POSITIVE = "falsePositive";

export class Card {
  readonly page: PagePart;
  /** What is being written and is not said yet; null where nothing is. */
  readonly draft = signal<string | null>(null);

  constructor(
    readonly session: PageSession,
    readonly tile: TileModel,
  ) {
    this.page = session.page;
  }
}

/** Whether neither a kind of error nor a note was given. */
export function isUnexplained({ label, categories, note }: Said): boolean {
  return label !== "correct" && categories.length === 0 && note === "";
}

export function isFalsePositive({ label, categories }: Said): boolean {
  return label === "incorrect" && categories.includes(FALSE_POSITIVE);
}
