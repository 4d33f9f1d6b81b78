/** What is wrong with a synapse, in words. */

import type { Category } from "./contract";
import { LABEL_WORDS, type Reasons, type Said } from "./labels";

/** The kind that every campaign has: nothing to be judged is to be seen. It goes with unsure alone. */
export const CANNOT_JUDGE = "cannotJudge";

/** "Two in one, Sides swapped: at the edge"; empty where nothing is said. */
export function reasonsOf({ categories, note }: Reasons, known: readonly Category[]): string {
  const titles = categories.map((key) => known.find((each) => each.key === key)?.title ?? key);
  return [titles.join(", "), note].filter((part) => part !== "").join(": ");
}

/** What is said with some reasons: that it is incorrect, or that it cannot be judged. */
export function saidWith({ categories, note }: Reasons): Said {
  return categories.includes(CANNOT_JUDGE)
    ? { label: "unsure", categories: [CANNOT_JUDGE], note }
    : { label: "incorrect", categories, note };
}

/** The kinds that are chosen once one of them is chosen or given up; what cannot be judged has no
    other. */
export function toggled(chosen: readonly string[], key: string): readonly string[] {
  if (chosen.includes(key)) {
    return chosen.filter((each) => each !== key);
  }
  const others = key === CANNOT_JUDGE ? [] : chosen.filter((each) => each !== CANNOT_JUDGE);
  return [...others, key];
}

/** Whether somebody said that it cannot be judged. */
export function isBeyondJudging({ label, categories }: Said): boolean {
  return label === "unsure" && categories.includes(CANNOT_JUDGE);
}

/** "incorrect (Two in one)". */
export function wordsOf(said: Said, known: readonly Category[]): string {
  const word = LABEL_WORDS[said.label].toLowerCase();
  const reasons = said.label !== "correct" ? reasonsOf(said, known) : "";
  return reasons === "" ? word : `${word} (${reasons})`;
}

/** The kinds that can be chosen for a synapse: those on offer, and those that it has. */
export function choicesFor({ categories }: Reasons, known: readonly Category[]): readonly Category[] {
  return known.filter(({ key, isOffered }) => isOffered || categories.includes(key));
}
