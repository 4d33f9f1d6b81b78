/** What can be said of a synapse together: its label, kinds of error, a note. What the server takes
    is decided here alone, for the grid, its windows and the cards. */

import type { Category } from "./contract";
import { NO_REASONS, type Label, type Reasons, type Said } from "./labels";

/** The kind that every campaign has: nothing to be judged is to be seen. It goes with unsure, and
    has no other kind beside it. */
export const CANNOT_JUDGE = "cannotJudge";
/** The server takes no more with a label. */
export const MOST_KINDS = 20;

/** The kinds that are chosen once one of them is chosen or given up; the same ones where there is
    no room for another. */
export function toggled(chosen: readonly string[], key: string): readonly string[] {
  if (chosen.includes(key)) {
    return chosen.filter((each) => each !== key);
  }
  const others = key === CANNOT_JUDGE ? [] : chosen.filter((each) => each !== CANNOT_JUDGE);
  return others.length < MOST_KINDS ? [...others, key] : chosen;
}

export function canToggle(chosen: readonly string[], key: string): boolean {
  return toggled(chosen, key) !== chosen;
}

/** What is said with some reasons of something that has this label: unsure keeps its label, what
    was correct is incorrect then, and what cannot be judged is unsure. */
export function saidWith({ categories, note }: Reasons, label: Label): Said {
  if (categories.includes(CANNOT_JUDGE)) {
    return { label: "unsure", categories, note };
  }
  return { label: label === "correct" ? "incorrect" : label, categories, note };
}

/** The same with another label: what is correct has no reasons, and what is incorrect can be
    judged. */
export function withLabel(said: Said, label: Label): Said {
  if (label === "correct") {
    return { label, ...NO_REASONS };
  }
  const categories = said.categories.filter((key) => label === "unsure" || key !== CANNOT_JUDGE);
  return { label, categories, note: said.note };
}

/** The same with a kind more or less. */
export function withKind(said: Said, key: string, known: readonly Category[]): Said {
  const categories = inOrder(toggled(said.categories, key), known);
  return saidWith({ categories, note: said.note }, said.label);
}

/** The same with another note. What is correct has none. */
export function withNote(said: Said, note: string): Said {
  return { ...said, note: said.label === "correct" ? "" : note.trim() };
}

/** Whether somebody said that it cannot be judged. */
export function isBeyondJudging({ label, categories }: Said): boolean {
  return label === "unsure" && categories.includes(CANNOT_JUDGE);
}

/** Kinds in the order of the campaign. */
export function inOrder(keys: readonly string[], known: readonly Category[]): readonly string[] {
  const places = new Map(known.map(({ key }, place) => [key, place]));
  const placeOf = (key: string) => places.get(key) ?? known.length;
  return [...keys].sort((one, other) => placeOf(one) - placeOf(other));
}
