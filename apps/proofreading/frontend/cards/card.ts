/** One card: a synapse that its person called incorrect or unsure, and what they say is wrong. */

import { signal } from "@preact/signals";

import type { PagePart } from "../contract";
import { NO_REASONS, type Label, type Said } from "../labels";
import type { PageSession } from "../page_session";
import type { TileModel } from "../tile_model";

/** SynAnno's key of what is no synapse: what can be discarded. */
const FALSE_POSITIVE = "falsePositive";
/** Built into every campaign, and said with `unsure` alone. */
const CANNOT_JUDGE = "cannotJudge";

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

/** The same with another label. What is correct has no reasons. */
export function withLabel(said: Said, label: Label): Said {
  if (label === "correct") {
    return { label, ...NO_REASONS };
  }
  const categories = said.categories.filter((key) => label === "unsure" || key !== CANNOT_JUDGE);
  return { ...said, label, categories };
}

/** The same with a kind more or less, the kinds in the order of the campaign. What was called
 * correct again is incorrect where it has one. */
export function withKind(said: Said, key: string, page: PagePart): Said {
  const has = said.categories.includes(key);
  const keys = has ? said.categories.filter((each) => each !== key) : [...said.categories, key];
  const known = page.categories.map((each) => each.key);
  const categories = known.filter((each) => keys.includes(each));
  const label = said.label === "correct" ? "incorrect" : said.label;
  return withLabel({ ...said, categories }, !has && key === CANNOT_JUDGE ? "unsure" : label);
}

/** The same with another note. */
export function withNote(said: Said, note: string): Said {
  return { ...said, note: note.trim() };
}
